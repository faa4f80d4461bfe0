// When a region that has nothing of its own to commit commits that it knows what others have written.

import type { Head } from '@causeway/db/store'
import type { Commit } from '@causeway/schema/commit/commit'
import { describe, expect, it } from 'vitest'
import { Acknowledger } from './acknowledger.ts'

/** A region with nothing but a clock that the test moves. */
class Idle {
  readonly #alarms = new Set<{ readonly atMs: number; readonly ring: () => void }>()
  nowMs = 0
  sequence = 0
  isOwed = false
  /** When it acknowledged. */
  readonly saidMs: number[] = []
  readonly acknowledger = new Acknowledger({
    ports: {
      timers: {
        after: (delayMs, ring) => {
          const alarm = { atMs: this.nowMs + delayMs, ring }
          this.#alarms.add(alarm)
          return () => this.#alarms.delete(alarm)
        },
      },
      logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    },
    head: async () =>
      ({ region: 'eu', memberClocks: { eu: { us: 0 } }, significant: { us: this.isOwed ? 1 : 0 } }) as unknown as Head,
    acknowledge: async () => {
      this.saidMs.push(this.nowMs)
      this.writes()
    },
  })

  writes(): void {
    this.sequence += 1
    this.isOwed = false
    this.acknowledger.moved({ origin: 'eu', sequence: this.sequence })
  }

  applies(commit: Partial<Pick<Commit, 'events' | 'outcomes'>>): void {
    this.isOwed = true
    this.acknowledger.moved({ origin: 'eu', sequence: this.sequence })
    this.acknowledger.applied([{ commit: { events: [], outcomes: [], ...commit } }])
  }

  async until(atMs: number): Promise<void> {
    for (;;) {
      const [next] = [...this.#alarms].sort((left, right) => left.atMs - right.atMs)
      if (next === undefined || next.atMs > atMs) break
      this.#alarms.delete(next)
      this.nowMs = next.atMs
      next.ring()
      for (let step = 0; step < 10; step += 1) await Promise.resolve()
    }
    this.nowMs = atMs
  }
}

const event = (type: string) => ({ type, entityId: 'x', data: {}, placement: 'everywhere' as const })
const outcome = { key: 'k', inputDigest: '', accepted: true, command: 'placeOrder', result: {}, resent: false }
const order = { events: [event('order.placed')], outcomes: [outcome] }

describe('a region that has nothing to write', () => {
  it('I3, S8: acknowledges a cancellation, a refusal and what was sent again within 100 ms, for somebody may wait for it to be stable', async () => {
    const awaited = [
      { events: [event('order.cancelled')] },
      { events: [event('command.refused')], outcomes: [{ ...outcome, accepted: false }] },
      { events: [event('stock.received')], outcomes: [{ ...outcome, resent: true }] },
      { events: [event('something.newer')] },
    ]
    for (const commit of awaited) {
      const region = new Idle()
      region.applies(order)
      await region.until(400)
      region.applies(commit)
      await region.until(3_000)
      expect(region.saidMs).toEqual([500])
    }
  })

  it('acknowledges orders within a second, all together', async () => {
    const region = new Idle()
    for (let atMs = 0; atMs < 900; atMs += 50) {
      await region.until(atMs)
      region.applies(order)
    }
    await region.until(5_000)
    expect(region.saidMs).toEqual([1_000])
  })
})

describe('a region that sells', () => {
  it('commits no acknowledgement while its own orders carry it, whatever comes between them', async () => {
    const region = new Idle()
    for (let atMs = 0; atMs < 3_000; atMs += 45) {
      await region.until(atMs)
      region.applies({ events: [event('order.cancelled')] })
      await region.until(atMs + 30)
      region.writes()
    }
    await region.until(10_000)
    expect(region.saidMs).toEqual([])
  })

  it('I3: acknowledges what came behind its last order as soon as if it had sold nothing', async () => {
    const region = new Idle()
    region.applies({ events: [event('order.cancelled')] })
    await region.until(90)
    region.writes()
    region.applies({ events: [event('order.cancelled')] })
    await region.until(1_000)
    expect(region.saidMs).toEqual([190])
  })
})
