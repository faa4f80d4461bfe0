// The promises of outcomes that an app waits on, by command. Knows nothing of how an outcome comes about.

import type { Outcome } from './outbox.ts'

interface Waiting {
  readonly outcome: Promise<Outcome>
  readonly settle: (outcome: Outcome) => void
  readonly fail: (error: Error) => void
}

export class Outcomes {
  readonly #waiting = new Map<string, Waiting>()
  /** Work that was made anew → what took its place, for as long as that is not forgotten. */
  readonly #anew = new Map<string, string>()
  /** The other way round. */
  readonly #before = new Map<string, string>()
  #ended: Error | null = null

  of(id: string): Promise<Outcome> {
    return this.#await(id).outcome
  }

  settle(id: string, outcome: Outcome): void {
    this.#await(id).settle(outcome)
  }

  /** Who waits for the outcome of work that is made anew hears that of what takes its place. */
  replaced(id: string, by: string): void {
    this.#anew.set(id, by)
    this.#before.set(by, id)
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    this.#waiting.set(by, waiting)
  }

  /** Under which id work goes on. */
  current(id: string): string {
    let found = id
    for (let next = this.#anew.get(found); next !== undefined; next = this.#anew.get(found)) found = next
    return found
  }

  /** Nobody here will hear the outcome any more. */
  fail(id: string, error: Error): void {
    this.#waiting.get(id)?.fail(error)
    this.forget(id)
  }

  failAll(error: Error): void {
    for (const id of [...this.#waiting.keys()]) this.fail(id, error)
  }

  /** Nor any later one. */
  end(error: Error): void {
    this.#ended = error
    this.failAll(error)
  }

  forget(id: string): void {
    this.#waiting.delete(id)
    for (let [by, old] = [id, this.#before.get(id)]; old !== undefined; [by, old] = [old, this.#before.get(old)]) {
      this.#before.delete(by)
      this.#anew.delete(old)
    }
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
    if (this.#ended !== null) fail(this.#ended)
    return waiting
  }
}
