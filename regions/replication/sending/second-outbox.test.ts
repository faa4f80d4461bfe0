import type { Origin } from '@causeway/schema/clock/origin'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { describe, expect, it } from 'vitest'
import { SecondOutbox, secondLineLimits } from './second-outbox.ts'
import { furthestBehind, TailReader } from './tail-reader.ts'

const { allowanceBytes, bytesPerSecond, commitBytes, windowBytes } = secondLineLimits
const order = 700
const now = 1_700_000_000_000

const commitOf = (origin: Origin, sequence: number, bytes = order) =>
  ({ origin, firstSequence: sequence, lastSequence: sequence, bytes: new Uint8Array(bytes) }) as unknown as SealedCommit

const outboxOf = (direct: readonly string[] = []) =>
  new SecondOutbox({ self: 'eu', peerOrigin: 'us', after: { eu: 10 }, direct })

const sequencesOf = (commits: readonly SealedCommit[] | null) =>
  (commits ?? []).map(({ origin, lastSequence }) => `${origin}:${lastSequence}`)

describe('what the second line of a link carries', () => {
  it('C5: an order that comes alone goes over it, too', () => {
    const outbox = outboxOf()
    outbox.add(commitOf('eu', 11), now)
    expect(sequencesOf(outbox.take())).toEqual(['eu:11'])
    expect(outbox.take()).toBeNull()
  })

  it('C2: what the peer holds, has written itself, or gets by a link of its own does not', () => {
    const outbox = outboxOf(['ap'])
    for (const commit of [commitOf('eu', 10), commitOf('us', 3), commitOf('ap', 1), commitOf('eu', 11)])
      outbox.add(commit, now)
    outbox.acknowledged({ eu: 11 })
    expect(outbox.take()).toBeNull()
    outbox.setDirect([])
    outbox.add(commitOf('ap', 2), now)
    expect(sequencesOf(outbox.take())).toEqual(['ap:2'])
  })

  it('C5: a large commit does not, and one that bulk leaves no room for does not', () => {
    const outbox = outboxOf()
    outbox.add(commitOf('eu', 11, commitBytes + 1), now)
    expect(outbox.take()).toBeNull()
    outbox.add(commitOf('eu', 12, 10 * allowanceBytes), now)
    outbox.add(commitOf('eu', 13), now)
    expect(outbox.take()).toBeNull()
    const restedMs = (1_000 * (allowanceBytes + 2 * order)) / bytesPerSecond
    outbox.add(commitOf('eu', 14), now + restedMs)
    expect(sequencesOf(outbox.take())).toEqual(['eu:14'])
  })

  it('C5: orders at a rate beyond the allowance go over it at most as far as that reaches', () => {
    const outbox = outboxOf()
    let sent = 0
    let sequence = 10
    for (let ms = 0; ms < 60_000; ms += 1) {
      sequence += 1
      outbox.add(commitOf('eu', sequence), now + ms)
      for (const { bytes } of outbox.take() ?? []) sent += bytes.length
      outbox.acknowledged({ eu: sequence })
    }
    expect(sent).toBeLessThanOrEqual(2 * allowanceBytes)
  })

  it('C5: what is under way is bounded, and a peer that acknowledges nothing gets no more', () => {
    const outbox = outboxOf()
    let sent = 0
    for (let sequence = 11; sequence < 500; sequence += 1) {
      outbox.add(commitOf('eu', sequence), now + 100 * sequence)
      for (const { bytes } of outbox.take() ?? []) sent += bytes.length
    }
    expect(sent).toBeGreaterThan(windowBytes - order)
    expect(sent).toBeLessThanOrEqual(windowBytes)
    outbox.acknowledged({ eu: 499 })
    outbox.add(commitOf('eu', 500), now + 60_000)
    expect(sequencesOf(outbox.take())).toEqual(['eu:500'])
  })

  it('a clock that jumps back stops it for no longer than it jumps, and gives no allowance twice', () => {
    const outbox = outboxOf()
    outbox.add(commitOf('eu', 11, allowanceBytes), now)
    outbox.add(commitOf('eu', 12), now - 3_600_000)
    expect(outbox.take()).toBeNull()
    outbox.add(commitOf('eu', 13), now - 3_590_000)
    expect(sequencesOf(outbox.take())).toEqual(['eu:13'])
  })

  it('C5: it begins at the end of the log, and goes on there where it has fallen far behind', async () => {
    const asked: number[] = []
    let end = 40
    const tail = {
      after: async (position: number) => {
        asked.push(position)
        return position < end ? [{ position: end, commit: commitOf('eu', end) }] : []
      },
      held: () => null,
    }
    const reader = new TailReader(tail, () => end)
    expect(await reader.next(1_000)).toEqual([])
    end += 1
    expect((await reader.next(1_000)).map(({ position }) => position)).toEqual([41])
    end += furthestBehind + 1
    expect(await reader.next(1_000)).toEqual([])
    expect(asked).toEqual([40, 40, end])
  })
})
