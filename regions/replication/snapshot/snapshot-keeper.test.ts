import { createHash } from 'node:crypto'
import { createMemoryStore } from '@causeway/db/memory/store'
import { describe, expect, it } from 'vitest'
import { SnapshotKeeper } from './snapshot-keeper.ts'

const hasher = () => {
  const hash = createHash('sha256')
  return { update: (text: string) => void hash.update(text), hex: () => hash.digest('hex') }
}

function keeperAt(
  clock: { nowMs: number },
  membership: { lacksState: boolean; end: 'retired' | null } = { lacksState: false, end: null },
): SnapshotKeeper {
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const timers = { after: () => () => {} }
  const ports = {
    clock: { now: () => clock.nowMs },
    random: { bytes: () => new Uint8Array(16), unit: () => 0 },
    logger: quiet,
    timers,
  }
  return new SnapshotKeeper({ store: createMemoryStore({ region: 'ap' }), ports, hasher, membership })
}

const [one, other] = [{ eu: 0 }, { us: 0 }]
/** As a region that takes a snapshot in asks: again a second later, until it is told. */
const nextPoll = async (clock: { nowMs: number }) => {
  clock.nowMs += 1_000
  await new Promise((resolve) => setTimeout(resolve, 0))
}

describe('what a second member says of what a snapshot holds', () => {
  it('C10: is told to each of several regions that take in snapshots of several frontiers and ask by turns', async () => {
    const clock = { nowMs: 1_000 }
    const keeper = keeperAt(clock)
    const told = new Set<unknown>()
    for (let poll = 0; poll < 4; poll++) {
      for (const frontier of [one, other]) {
        const { status } = await keeper.check(frontier)
        if (status !== 'making') told.add(frontier)
        await nextPoll(clock)
      }
    }
    expect([...told]).toEqual([one, other])
  })

  it('C10: is kept for one that asks no more no longer than others can wait', async () => {
    const clock = { nowMs: 1_000 }
    const keeper = keeperAt(clock)
    await keeper.check(one)
    await nextPoll(clock)
    expect(await keeper.check(other)).toEqual({ status: 'making' })
    clock.nowMs += 10_000
    await keeper.check(other)
    await nextPoll(clock)
    expect((await keeper.check(other)).status).toBe('ready')
  })

  it('C10 S7: of what it has not heard of a region says so, unless it has lost what it knew or has left', async () => {
    const regions = [
      { lacksState: false, end: null },
      { lacksState: true, end: null },
      { lacksState: false, end: 'retired' as const },
    ]
    const told = regions.map((membership) => keeperAt({ nowMs: 1_000 }, membership).check({ eu: 7 }))
    expect((await Promise.all(told)).map(({ status }) => status)).toEqual(['behind', 'unable', 'unable'])
  })
})

describe('a region that has left', () => {
  it('C10 S7: gives its state to nobody, and says so at once to who does not know it yet', async () => {
    const clock = { nowMs: 1_000 }
    expect(await keeperAt(clock, { lacksState: false, end: 'retired' }).offer(null)).toEqual({ status: 'gone' })
    expect(await keeperAt(clock).offer(null)).toEqual({ status: 'making' })
  })
})
