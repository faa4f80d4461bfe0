// The batches of a stream as they travel, under the version that is spoken.

import { describe, expect, it } from 'vitest'
import type { CommitBatch } from '../peer.ts'
import { BatchUnpacker } from './batch-codec.ts'
import { batchesToWire, batchFromWire, type WireBatch } from './messages.ts'

async function* batchesAt(...timesMs: readonly number[]): AsyncGenerator<CommitBatch> {
  for (const [index, wallMs] of timesMs.entries())
    yield {
      commits: [Uint8Array.of(index)],
      ...{ events: 1, behind: 3, frontier: { eu: index + 1 }, time: { wallMs, counter: 0 }, asks: index === 1 },
    }
}

async function wireOf(version: number, ...timesMs: readonly number[]): Promise<readonly WireBatch[]> {
  const found: WireBatch[] = []
  for await (const batch of batchesToWire(batchesAt(...timesMs), version, 'main')) found.push(batch)
  return found
}

const told = (batches: readonly WireBatch[]) => batches.map(({ frontier, time }) => [frontier?.eu, time !== null])

describe('batches on the wire', () => {
  const start = 1_700_000_000_000

  it('C7: a peer of version 11 or less is told the frontier with every batch, in runs that it can read', async () => {
    for (const version of [8, 9, 10, 11]) {
      const batches = await wireOf(version, start, start + 50, start + 100)
      expect(told(batches)).toEqual([
        [1, true],
        [2, true],
        [3, true],
      ])
      expect(batches.map(({ commits }) => commits[0])).toEqual([0, 0, 0])
    }
  })

  it('C8: one of version 12 is told it once a second beside commits, and again where the clock was set back', async () => {
    const batches = await wireOf(12, start, start + 50, start + 999, start + 1_000, start + 400)
    expect(told(batches)).toEqual([
      [1, true],
      [undefined, false],
      [undefined, false],
      [4, true],
      [5, true],
    ])
    const unpacker = new BatchUnpacker()
    const read = await Promise.all(batches.map((batch) => batchFromWire({ ...batch }, unpacker, 1)))
    expect(read.map(({ commits, asks }) => [commits[0]?.[0], asks])).toEqual([
      [0, false],
      [1, true],
      [2, false],
      [3, false],
      [4, false],
    ])
  })
})
