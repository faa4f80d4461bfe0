import type { SealedCommit } from '@causeway/schema/commit/commit'
import { describe, expect, it } from 'vitest'
import { defaultOutboxLimits, Outbox } from './outbox.ts'

const limits = { ...defaultOutboxLimits, batchBytes: 1_000, windowBytes: 2_000, heldBytes: 2_000, relayAfterMs: 500 }

function commit(origin: string, sequence: number, bytes = 100): SealedCommit {
  return {
    origin,
    firstSequence: sequence,
    lastSequence: sequence,
    clock: {},
    time: { wallMs: 0, counter: 0 },
    hash: new Uint8Array(32),
    previousHash: new Uint8Array(32),
    bytes: new Uint8Array(bytes),
  }
}

function open(direct: readonly string[] = [], after = {}) {
  return new Outbox({ self: 'eu', peerOrigin: 'us', after, direct, limits })
}

const names = (commits: readonly SealedCommit[] | null) =>
  commits?.map((each) => `${each.origin}:${each.firstSequence}`)

describe('outbox', () => {
  it('C4: a peer is not sent what it holds, nor its own', () => {
    const outbox = open([], { eu: 1 })
    for (const each of [commit('eu', 1), commit('us', 9), commit('us@2', 1), commit('eu', 2)]) outbox.add(each, 0)
    expect(names(outbox.take())).toEqual(['us@2:1', 'eu:2'])
    expect(outbox.take()).toBeNull()
  })

  it('C4: what the peer gets directly is kept back, and forgotten once it is acknowledged', () => {
    const outbox = open(['ap'])
    outbox.add(commit('ap', 1), 0)
    outbox.add(commit('eu', 1), 0)
    expect(names(outbox.take())).toEqual(['eu:1'])
    outbox.acknowledged({ ap: 1 }, 100)
    outbox.expire(10_000)
    expect(outbox.take()).toBeNull()
    expect(outbox.expiresInMs(10_000)).toBeNull()
  })

  it('C4: what was kept back is relayed at once when the peer loses its own link', () => {
    const outbox = open(['ap'])
    outbox.add(commit('ap', 1), 0)
    outbox.setDirect([])
    expect(names(outbox.take())).toEqual(['ap:1'])
  })

  it('C4: what was kept back is relayed when nothing of that origin is acknowledged for a while', () => {
    const outbox = open(['ap'])
    for (const sequence of [1, 2, 3]) outbox.add(commit('ap', sequence), 0)
    outbox.expire(499)
    expect(outbox.take()).toBeNull()
    outbox.acknowledged({ ap: 1 }, 400)
    outbox.expire(899)
    expect(outbox.take()).toBeNull()
    expect(outbox.expiresInMs(899)).toBe(1)
    outbox.expire(900)
    expect(names(outbox.take())).toEqual(['ap:2', 'ap:3'])
  })

  it('C5: a batch ends at its bytes and at its events, and always carries one commit', () => {
    const outbox = open()
    outbox.add(commit('eu', 1, 5_000), 0)
    outbox.add(commit('eu', 2, 100), 0)
    expect(names(outbox.take())).toEqual(['eu:1'])
  })

  it('C5: unacknowledged bytes are bounded, and an acknowledgement opens the window again', () => {
    const outbox = open()
    for (let sequence = 1; sequence <= 50; sequence += 1) if (outbox.wantsMore) outbox.add(commit('eu', sequence), 0)
    let sent = 0
    for (let batch = outbox.take(); batch !== null; batch = outbox.take()) {
      sent = batch.at(-1)?.lastSequence ?? sent
      for (let next = sent + 11; next <= 50 && outbox.wantsMore; next += 1) outbox.add(commit('eu', next), 0)
    }
    expect(outbox.unacknowledgedBytes).toBeLessThanOrEqual(limits.windowBytes + limits.batchBytes)
    outbox.acknowledged({ eu: sent }, 0)
    expect(outbox.unacknowledgedBytes).toBe(0)
  })

  it('C5: a relayed commit passes a full window, for what fills it may wait for that commit', () => {
    const outbox = open(['ap'])
    outbox.add(commit('ap', 1), 0)
    outbox.add(commit('eu', 1, 3_000), 0)
    outbox.add(commit('eu', 2, 100), 0)
    expect(names(outbox.take())).toEqual(['eu:1'])
    expect(outbox.take()).toBeNull()
    outbox.expire(500)
    expect(names(outbox.take())).toEqual(['ap:1'])
    expect(outbox.take()).toBeNull()
    outbox.acknowledged({ ap: 1, eu: 1 }, 600)
    expect(names(outbox.take())).toEqual(['eu:2'])
  })

  it('C5: reading stops while too much is kept back or waits', () => {
    const outbox = open(['ap'])
    for (let sequence = 1; sequence <= 20; sequence += 1) outbox.add(commit('ap', sequence), 0)
    expect(outbox.wantsMore).toBe(false)
    outbox.acknowledged({ ap: 20 }, 0)
    expect(outbox.wantsMore).toBe(true)
  })
})
