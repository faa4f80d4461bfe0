// Group commit (W5): while one flush is in flight the next collects; an idle committer flushes at once, so it adds no
// delay. Holds a queue and its bounds; knows nothing of commands or storage.

/** Raised at the bound of the queue: nothing was written, the same call may succeed a moment later. */
export class QueueFull extends Error {
  constructor(waiting: number) {
    super(`${waiting} commands are waiting to be committed; try again in a moment`)
    this.name = 'QueueFull'
  }
}

export interface GroupCommitOptions {
  /** Commands that may wait; one more is refused with QueueFull. */
  readonly maximumWaiting: number
  /** Weight of one flush (a command weighs at least 1); a single heavier command flushes alone. */
  readonly maximumFlushWeight: number
  /**
   * True where one item may be what a flush failed for: it is halved then, until that one fails alone. Without it all items of
   * a flush fail together, as they do where the database is away.
   */
  readonly isOfOne?: (error: unknown) => boolean
}

/** Flushes that are spent on finding which items a flush failed for; those that were not tried by then fail with it. */
export const maximumHalves = 64

interface Waiting<Item, Result> {
  readonly item: Item
  readonly weight: number
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

export class GroupCommit<Item, Result> {
  readonly #flush: (items: readonly Item[]) => Promise<readonly Result[]>
  readonly #options: GroupCommitOptions
  #waiting: Waiting<Item, Result>[] = []
  #flushing = false

  /** `flush` answers one result per item, in order; a throw rejects every item of that flush, but for `isOfOne`. */
  constructor(flush: (items: readonly Item[]) => Promise<readonly Result[]>, options: GroupCommitOptions) {
    this.#flush = flush
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting.length
  }

  submit(item: Item, weight: number): Promise<Result> {
    if (this.#waiting.length >= this.#options.maximumWaiting) return Promise.reject(new QueueFull(this.#waiting.length))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, weight, resolve, reject })
      if (!this.#flushing) void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    this.#flushing = true
    // One turn of the microtask queue lets the items of one bulk call share their first flush.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#flushOnce(this.#take(), { left: maximumHalves })
    this.#flushing = false
  }

  #take(): readonly Waiting<Item, Result>[] {
    let weight = 0
    let count = 0
    for (const { weight: own } of this.#waiting) {
      if (count > 0 && weight + own > this.#options.maximumFlushWeight) break
      weight += own
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #flushOnce(batch: readonly Waiting<Item, Result>[], halves: { left: number }): Promise<void> {
    try {
      const results = await this.#flush(batch.map(({ item }) => item))
      batch.forEach((waiting, index) => {
        const result = results[index]
        if (result === undefined) waiting.reject(new Error('a flush left a command without a result'))
        else waiting.resolve(result)
      })
    } catch (error) {
      const middle = Math.floor(batch.length / 2)
      if (middle > 0 && halves.left >= 2 && this.#options.isOfOne?.(error)) {
        halves.left -= 2
        await this.#flushOnce(batch.slice(0, middle), halves)
        await this.#flushOnce(batch.slice(middle), halves)
      } else for (const waiting of batch) waiting.reject(error)
    }
  }
}
