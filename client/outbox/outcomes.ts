// The promises of outcomes that an app waits on, by command. Knows nothing of how an outcome comes about.

import type { Outcome } from './outbox.ts'

interface Waiting {
  readonly outcome: Promise<Outcome>
  readonly settle: (outcome: Outcome) => void
  readonly fail: (error: Error) => void
}

export class Outcomes {
  readonly #waiting = new Map<string, Waiting>()

  of(id: string): Promise<Outcome> {
    return this.#await(id).outcome
  }

  settle(id: string, outcome: Outcome): void {
    this.#await(id).settle(outcome)
  }

  /** Nobody here will hear the outcome any more. */
  fail(id: string, error: Error): void {
    this.#waiting.get(id)?.fail(error)
    this.#waiting.delete(id)
  }

  failAll(error: Error): void {
    for (const id of [...this.#waiting.keys()]) this.fail(id, error)
  }

  forget(id: string): void {
    this.#waiting.delete(id)
  }

  #await(id: string): Waiting {
    const known = this.#waiting.get(id)
    if (known !== undefined) return known
    let settle: (outcome: Outcome) => void = () => {}
    let fail: (error: Error) => void = () => {}
    const outcome = new Promise<Outcome>((onOutcome, onError) => {
      settle = onOutcome
      fail = onError
    })
    // Whoever does not look at the outcome need not handle its absence either.
    outcome.catch(() => {})
    const waiting: Waiting = { outcome, settle, fail }
    this.#waiting.set(id, waiting)
    return waiting
  }
}
