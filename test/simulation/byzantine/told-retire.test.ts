// A member in bad faith that does not write a retire but tells of one, to a region that was restored and believes others.

import { copyDatabase } from '@causeway/db/memory/database'
import { createMemoryStore } from '@causeway/db/memory/store'
import type { SnapshotDescription } from '@causeway/db/snapshots/snapshots'
import { generateSigningKey } from '@causeway/regions/crypto'
import { createOperators } from '@causeway/regions/recovery/operators'
import { farBehindEvents } from '@causeway/regions/replication/snapshot/snapshot-state'
import { homeKinds } from '@causeway/regions/replication/snapshot/state-digests'
import type { FenceLog } from '@causeway/schema/fence/fence-log'
import { describe, expect, it } from 'vitest'
import { ap, eu, Honest, us } from './honest.ts'

const keys = [generateSigningKey().publicKey]
const operators = createOperators({ cluster: 'shop', keys, withoutOrder: [] })

/** As if `region` had been retired by the liar, and all others had said that they hold nothing of it. */
function madeUp(region: string, others: readonly string[]): FenceLog {
  const time = { wallMs: 1, counter: 0 }
  const said = { region, before: null, overrides: false, known: [region], members: [ap, eu, us] }
  return {
    retires: [{ by: ap, sequence: 1, time, ...said }],
    votes: [ap, ...others].map((by) => ({ by, sequence: 1, targets: [region], held: {}, hashes: {} })),
  }
}

/** A state that is eu's in all but what it says of fences, of a log that reaches far beyond. */
async function forge(honest: Honest, fences: FenceLog): Promise<void> {
  const { liar, cluster } = honest
  const { snapshots } = createMemoryStore({ region: eu, database: copyDatabase(cluster.database(eu)) })
  const made = await snapshots.make({ id: 'lie', madeMs: cluster.time.now(), exceptKinds: homeKinds })
  liar.frontier = { ...made.head.frontier, [ap]: 2 * farBehindEvents }
  const chainHashes = { ...made.head.chainHashes, [ap]: 'ab'.repeat(32) }
  const head = { ...made.head, frontier: liar.frontier, chainHashes, fences }
  const description: SnapshotDescription = { ...made, region: ap, head }
  liar.snapshots = {
    offer: async () => ({ status: 'ready', description }),
    page: (id, number) => snapshots.page(id, number),
    check: async () => ({ status: 'unable' }),
  }
}

describe('a restored region that a member in bad faith tells of a retire', () => {
  it('C6 S7 W8: of another one, which no operator has ordered, goes on taking in what that one writes', async () => {
    const honest = await Honest.open(295, undefined, () => operators)
    honest.liar.fences = madeUp(eu, [us])
    await honest.restore(us)
    await honest.pass(5_000)
    await honest.trade()
  })

  it('C6 C10 S7: of itself, with a snapshot, takes none of it and goes on', async () => {
    const honest = await Honest.open(296, undefined, () => operators)
    await honest.trade()
    await honest.restore(us)
    await honest.pass(5_000)
    await forge(honest, madeUp(us, [eu]))
    // Nobody is there to contradict it.
    honest.cluster.network.cut(eu, us)
    honest.cluster.network.reset(ap, us)
    await honest.pass(120_000)
    const { fences } = honest.cluster.database(us).head
    expect(fences.retires.map(({ region, before }) => [region, before])).toEqual([[us, 2]])
    expect(honest.region(us).unready()).toBeNull()
  })
})
