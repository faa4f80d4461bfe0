// A bounded queue between a region's socket, which pushes, and a subscriber, who pulls. Past the bound it fails instead
// of growing. Knows nothing of GraphQL.

/** Messages that wait for one slow subscriber. */
export const queueBound = 10_000

export class PushQueue<Item> implements AsyncIterable<Item> {
  readonly #items: Item[] = []
  #wake: (() => void) | null = null
  #ended = false

  /** False where the queue is full: the item was not taken. */
  push(item: Item): boolean {
    if (this.#ended) return true
    if (this.#items.length >= queueBound) return false
    this.#items.push(item)
    this.#wake?.()
    return true
  }

  /** What is queued is still delivered; nothing is taken after it. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for (;;) {
      const item = this.#items.shift()
      if (item !== undefined) {
        yield item
        continue
      }
      if (this.#ended) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = null
    }
  }
}
