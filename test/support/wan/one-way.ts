// Carries one direction of a TCP connection from socket to socket over a delay line: bytes, the end of the stream and its
// breaking, all in order. While the way is cut nothing arrives, not even that the other side is gone.

import type { Socket } from 'node:net'
import { DelayLine, type Distance } from './delay-line.ts'

/** More than any link has under way; at the bound the sender is not read from, so that it feels what a full network is. */
const maximumBytes = 16 * 1024 * 1024

type Item = { readonly type: 'bytes'; readonly bytes: Buffer } | { readonly type: 'end' } | { readonly type: 'broken' }

export interface OneWayOptions {
  readonly from: Socket
  readonly to: Socket
  readonly distance: Distance
  readonly random: () => number
  /** When the connection can carry something; milliseconds of `performance.now()`. */
  readonly openAtMs: number
  readonly isCut: () => boolean
  readonly delivered: (bytes: Buffer) => void
}

export class OneWay {
  readonly #options: OneWayOptions
  readonly #line: DelayLine<Item>
  #timer: NodeJS.Timeout | null = null

  constructor(options: OneWayOptions) {
    this.#options = options
    this.#line = new DelayLine(options.distance, options.random)
    const { from, to } = options
    from.on('data', (bytes: Buffer) => {
      this.#put({ type: 'bytes', bytes }, bytes.length)
      if (this.#line.bytes > maximumBytes) from.pause()
    })
    from.on('end', () => this.#put({ type: 'end' }, 0))
    // What was sent before still arrives, and then that the sender is gone.
    from.on('close', () => this.#put({ type: 'broken' }, 0))
    to.on('drain', () => this.move())
    to.on('close', () => this.#cancel())
  }

  /** Hands on what has arrived; call when a cut is over, too. */
  move(): void {
    this.#cancel()
    const { from, to, isCut, delivered } = this.#options
    if (to.destroyed || isCut() || to.writableNeedDrain) return
    const nowMs = performance.now()
    for (const item of this.#line.take(nowMs)) {
      switch (item.type) {
        case 'bytes':
          delivered(item.bytes)
          to.write(item.bytes)
          break
        case 'end':
          to.end()
          break
        case 'broken':
          to.destroySoon()
          break
        default:
          item satisfies never
      }
    }
    if (this.#line.bytes <= maximumBytes / 2 && from.isPaused()) from.resume()
    const dueInMs = this.#line.dueInMs(nowMs)
    if (dueInMs !== null) this.#timer = setTimeout(() => this.move(), dueInMs)
  }

  #put(item: Item, bytes: number): void {
    this.#line.put(item, bytes, Math.max(performance.now(), this.#options.openAtMs))
    if (this.#timer === null) this.move()
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
