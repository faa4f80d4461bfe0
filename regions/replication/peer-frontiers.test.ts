import { describe, expect, it } from 'vitest'
import type { Timers } from '../ports.ts'
import { PeerFrontiers } from './peer-frontiers.ts'

/** Timers that ring by hand. */
class Bells implements Timers {
  readonly #calls = new Set<() => void>()

  get waiting(): number {
    return this.#calls.size
  }

  after(_: number, call: () => void): () => void {
    this.#calls.add(call)
    return () => this.#calls.delete(call)
  }

  ring(): void {
    for (const call of [...this.#calls]) call()
  }
}

function open() {
  const bells = new Bells()
  return { bells, peers: new PeerFrontiers({ now: () => 1_000 }, bells) }
}

describe('what peers have acknowledged', () => {
  it('W2: an answer that wants two copies waits for the first peer that has applied it', async () => {
    const { bells, peers } = open()
    const answer = peers.waitFor({ eu: 5 }, 1, 2_000)
    peers.observe('us', { eu: 4 })
    expect(bells.waiting).toBe(1)
    peers.observe('us', { eu: 5, us: 1 })
    expect(await answer).toBe(1)
    expect(bells.waiting).toBe(0)
  })

  it('an answer whose limit runs out says how many had it', async () => {
    const { bells, peers } = open()
    peers.observe('us', { eu: 9 })
    const answer = peers.waitFor({ eu: 5 }, 2, 2_000)
    bells.ring()
    expect(await answer).toBe(1)
  })

  it('a limit in the past is answered at once', async () => {
    expect(await open().peers.waitFor({ eu: 5 }, 1, 999)).toBe(0)
  })

  it('what was acknowledged never shrinks', () => {
    const { peers } = open()
    peers.observe('us', { eu: 5 })
    peers.observe('us', { eu: 3, ap: 2 })
    expect(peers.of('us')).toEqual({ eu: 5, ap: 2 })
    expect(peers.countHolding({ eu: 5, ap: 2 })).toBe(1)
  })

  it('a peer holds what it wrote itself, though it never says so', () => {
    const { peers } = open()
    peers.observe('us', { eu: 5, us: 1 })
    expect(peers.countHolding({ eu: 5, us: 7 })).toBe(1)
    expect(peers.countHolding({ eu: 6, us: 7 })).toBe(0)
  })

  it('a node that stops answers everyone who waits', async () => {
    const { peers } = open()
    const answer = peers.waitFor({ eu: 5 }, 1, 2_000)
    peers.stop()
    expect(await answer).toBe(0)
  })
})
