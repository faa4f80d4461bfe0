// One piece of work after another. What is planned on how things stand must be done before the next piece is planned. Knows
// nothing of the work.

export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `work` when everything before it has ended, however it ended. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** Resolves when everything taken so far has ended. */
  async idle(): Promise<void> {
    await this.#last
  }
}
