// What devices were told, kept apart from what they hold: which orders were said to be kept, what became of them, what was shown. Notes
// what must not be the moment that it is.

import { Violation } from '../checkers/violation.ts'

export interface Sale {
  readonly id: string
  readonly device: string
  /** Units from a lease alone. */
  readonly isLeased: boolean
  /** The app was told that it is kept. */
  isKept: boolean
  /** The storage that kept it is gone, and the app was told so. */
  isEvicted: boolean
  outcome: 'accepted' | 'refused' | null
  code: string | null
}

export class Ledger {
  readonly sales = new Map<string, Sale>()
  readonly #report: (fault: unknown) => void

  constructor(report: (fault: unknown) => void) {
    this.#report = report
  }

  sell(id: string, device: string, isLeased: boolean): Sale {
    const sale: Sale = { id, device, isLeased, isKept: false, isEvicted: false, outcome: null, code: null }
    this.sales.set(id, sale)
    return sale
  }

  /** R2: whoever asks, whenever, hears the same. */
  hears(id: string, outcome: 'accepted' | 'refused', code: string | null): void {
    const sale = this.sales.get(id)
    if (sale === undefined) return
    if (sale.outcome !== null && sale.outcome !== outcome)
      this.#report(new Violation('R2', `${sale.device} heard that ${id} was ${sale.outcome}, and then ${outcome}`))
    sale.outcome = outcome
    sale.code = code
  }

  /** R8: what was shown and not refused goes on being shown. */
  vanished(id: string): void {
    const sale = this.sales.get(id)
    if (sale?.isKept === true && sale.outcome === 'accepted')
      this.#report(new Violation('R8', `${sale.device} no longer shows ${id}, which was accepted`))
  }

  evicted(device: string): void {
    for (const sale of this.sales.values()) if (sale.device === device) sale.isEvicted = true
  }
}
