// Runs one piece of work at a time, in the order in which it came: a node's commits and applies share one lane, so
// that its cache moves in step with the log. Knows nothing of the work.

export class Lane {
  #tail: Promise<unknown> = Promise.resolve()

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(work, work)
    this.#tail = result.catch(() => undefined)
    return result
  }
}
