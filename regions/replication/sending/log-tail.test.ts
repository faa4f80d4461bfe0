import type { StoredCommit } from '@causeway/db/store'
import { describe, expect, it } from 'vitest'
import { LogTail, maximumTailBytes, type TailCommit } from './log-tail.ts'

function stored(position: number, bytes = 10): StoredCommit {
  const commit = {
    origin: 'eu',
    firstSequence: position,
    lastSequence: position,
    clock: {},
    time: { wallMs: 0, counter: 0 },
    hash: new Uint8Array(32),
    previousHash: new Uint8Array(32),
    bytes: new Uint8Array(bytes),
  }
  return { position, commit, touched: [] }
}

function open(length: number) {
  const log = Array.from({ length }, (_, index) => stored(index + 1))
  const reads: number[] = []
  const tail = new LogTail({
    commitsAfterPosition: async (after) => {
      reads.push(after)
      return log.slice(after)
    },
  })
  return { log, reads, tail }
}

const positions = (commits: readonly TailCommit[]) => commits.map(({ position }) => position)

describe('tail of the log', () => {
  it('C5: two links at the same place read the store once', async () => {
    const { reads, tail } = open(3)
    const [left, right] = await Promise.all([tail.after(0, 1_000), tail.after(0, 1_000)])
    expect(positions(left)).toEqual([1, 2, 3])
    expect(right).toEqual(left)
    expect(positions(await tail.after(1, 1_000))).toEqual([2, 3])
    expect(reads).toEqual([0])
  })

  it('what was appended is served without the store, up to the bytes that were asked for', async () => {
    const { reads, tail } = open(0)
    tail.append([stored(1), stored(2), stored(3)])
    expect(positions(await tail.after(0, 20))).toEqual([1, 2])
    expect(positions(await tail.after(2, 1))).toEqual([3])
    expect(reads).toEqual([])
  })

  it('C2: what another node wrote in between is read from the store, never skipped', async () => {
    const { log, reads, tail } = open(1)
    expect(positions(await tail.after(0, 1_000))).toEqual([1])
    log.push(stored(2), stored(3))
    tail.append([stored(3)])
    expect(positions(await tail.after(1, 1_000))).toEqual([2, 3])
    expect(reads).toEqual([0, 1])
  })

  it('C5: at the end of the log the store is not asked again for what this node appends itself', async () => {
    const { reads, tail } = open(3)
    expect(positions(await tail.after(3, 1_000))).toEqual([])
    tail.append([stored(4)])
    expect(positions(await tail.after(3, 1_000))).toEqual([4])
    expect(positions(await tail.after(4, 1_000))).toEqual([])
    expect(reads).toEqual([3])
  })

  it('C2: at the end of the log the store is asked again once another node may have written', async () => {
    const { log, reads, tail } = open(3)
    expect(positions(await tail.after(3, 1_000))).toEqual([])
    log.push(stored(4))
    tail.rang()
    expect(positions(await tail.after(3, 1_000))).toEqual([4])
    expect(reads).toEqual([3, 3])
  })

  it('C2: a read that began before what was appended, or before the bell, does not hide it', async () => {
    for (const meanwhile of ['append', 'append with a hole', 'bell'] as const) {
      const { log, reads, tail } = open(3)
      const early = tail.after(3, 1_000)
      log.push(stored(4), stored(5))
      if (meanwhile === 'append') tail.append([stored(4)])
      else if (meanwhile === 'append with a hole') tail.append([stored(5)])
      else tail.rang()
      await early
      expect(positions(await tail.after(3, 1_000))[0], meanwhile).toBe(4)
      expect(reads.length, meanwhile).toBeLessThanOrEqual(2)
    }
  })

  it('C5: memory is bounded', async () => {
    const { reads, tail } = open(40)
    for (let position = 1; position <= 40; position += 1) tail.append([stored(position, maximumTailBytes / 16)])
    await tail.after(39, 1)
    expect(reads).toEqual([])
    await tail.after(10, 1)
    expect(reads).toEqual([10])
  })
})
