// One question to one peer, asked for many at once. Whoever asks gets an answer to a question that was put after they
// asked: one that was already under way may have been answered before.

export interface Asked<Answer> {
  readonly askedMs: number
  readonly answer: Answer
}

export class Question<Answer> {
  readonly #put: () => Promise<Answer>
  readonly #now: () => number
  #running: Promise<Asked<Answer>> | null = null
  #next: Promise<Asked<Answer>> | null = null

  constructor(put: () => Promise<Answer>, now: () => number) {
    this.#put = put
    this.#now = now
  }

  /** Rejects where the peer cannot be asked. At most one question is under way, and one waits behind it. */
  ask(): Promise<Asked<Answer>> {
    if (this.#running === null) return this.#start()
    const before = this.#running
    this.#next ??= before
      .catch(() => undefined)
      .then(() => {
        this.#next = null
        return this.#start()
      })
    return this.#next
  }

  #start(): Promise<Asked<Answer>> {
    const askedMs = this.#now()
    const running = this.#put()
      .then((answer) => ({ askedMs, answer }))
      .finally(() => {
        if (this.#running === running) this.#running = null
      })
    this.#running = running
    return running
  }
}
