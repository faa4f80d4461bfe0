// One way of one connection over a long distance: what goes in comes out later, in its order, and now and then stalls, as
// a lost packet makes TCP stall. Pure: time and randomness come in.

export interface Distance {
  readonly oneWayMs: number
  /** Share of items that come `stallMs` later than the distance alone makes them; what is behind them waits, too. */
  readonly stallShare: number
  readonly stallMs: number
}

interface OnItsWay<Item> {
  readonly item: Item
  readonly bytes: number
  readonly dueMs: number
}

export class DelayLine<Item> {
  readonly #distance: Distance
  readonly #random: () => number
  #items: OnItsWay<Item>[] = []
  #lastDueMs = Number.NEGATIVE_INFINITY
  #bytes = 0

  constructor(distance: Distance, random: () => number) {
    this.#distance = distance
    this.#random = random
  }

  /** On their way. */
  get bytes(): number {
    return this.#bytes
  }

  /** `leavesMs` is when it sets out: now, or later where the connection is only being opened. */
  put(item: Item, bytes: number, leavesMs: number): void {
    const { oneWayMs, stallShare, stallMs } = this.#distance
    const stalledMs = this.#random() < stallShare ? stallMs : 0
    this.#lastDueMs = Math.max(this.#lastDueMs, leavesMs + oneWayMs + stalledMs)
    this.#items.push({ item, bytes, dueMs: this.#lastDueMs })
    this.#bytes += bytes
  }

  /** What has arrived by `nowMs`, in order. */
  take(nowMs: number): readonly Item[] {
    const late = this.#items.findIndex(({ dueMs }) => dueMs > nowMs)
    const arrived = this.#items.splice(0, late === -1 ? this.#items.length : late)
    for (const { bytes } of arrived) this.#bytes -= bytes
    return arrived.map(({ item }) => item)
  }

  /** Until the next arrives; null where nothing is on its way. */
  dueInMs(nowMs: number): number | null {
    const [next] = this.#items
    return next === undefined ? null : Math.max(0, next.dueMs - nowMs)
  }
}
