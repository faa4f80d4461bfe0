// A member in bad faith that does not write a retire but tells of one, to a region that was restored and believes others.

import { copyDatabase } from '@causeway/db/memory/database'
import { createMemoryStore } from '@causeway/db/memory/store'
import type { SnapshotDescription } from '@causeway/db/snapshots/snapshots'
import { generateSigningKey } from '@causeway/regions/crypto'
import { createOperators, operatorKeyOf, signOrder } from '@causeway/regions/recovery/operators'
import { farBehindEvents } from '@causeway/regions/replication/snapshot/snapshot-state'
import { homeKinds } from '@causeway/regions/replication/snapshot/state-digests'
import { retireRegion } from '@causeway/schema/fence/commands'
import type { FenceLog } from '@causeway/schema/fence/fence-log'
import { describe, expect, it } from 'vitest'
import { ap, eu, Honest, us } from './honest.ts'

const { privateKeyPem } = generateSigningKey()
const operators = createOperators({ cluster: 'shop', keys: [operatorKeyOf(privateKeyPem)], withoutOrder: [] })

/** As if `region` had been retired by the liar, and all others had said that they hold nothing of it. */
function madeUp(region: string, others: readonly string[]): FenceLog {
  const time = { wallMs: 1, counter: 0 }
  const said = { region, before: null, overrides: false, known: [region], members: [ap, eu, us] }
  return {
    retires: [{ by: ap, sequence: 1, time, ...said }],
    votes: [ap, ...others].map((by) => ({ by, sequence: 1, targets: [region], held: {}, hashes: {} })),
  }
}

/** As if eu had been restored, and us had said in its life before that it holds nothing of what eu had written until then. */
function forgottenWord(): FenceLog {
  const said = { region: eu, before: 2, overrides: false, known: [eu], members: [ap, eu, us] }
  return {
    retires: [{ by: `${eu}@2`, sequence: 1, time: { wallMs: 1, counter: 0 }, ...said }],
    votes: [{ by: us, sequence: 1, targets: [`${eu}@2`], held: {}, hashes: {} }],
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

  it('C6 S7 W8: of a word that it never said, is whole again once that one is retired and left out of its configuration', async () => {
    const honest = await Honest.open(297, undefined, () => operators)
    const { cluster } = honest
    honest.liar.fences = forgottenWord()
    await honest.restore(us)
    await honest.pass(20_000)
    // Its price (0067): nothing of eu comes in, its word about the life before among that.
    expect(honest.frontier(us)[eu]).toBeLessThan(honest.frontier(eu)[eu] ?? 0)
    expect(cluster.trace.lines().join('\n')).toContain(`goes by what ${ap} alone tells that others have said`)
    const signedMs = Math.floor(cluster.time.now())
    const order = signOrder(
      {
        ...{
          id: 'ab'.repeat(16),
          cluster: 'shop',
          region: ap,
          incarnation: 1,
          overrides: false,
          members: [ap, eu, us],
        },
        ...{ by: eu, signedMs, untilMs: signedMs + 600_000 },
      },
      privateKeyPem,
    )
    await honest.ask(eu, retireRegion, { region: ap, order: JSON.stringify(order) })
    await honest.pass(10_000)
    cluster.configure([eu, us])
    cluster.crash(us)
    void cluster.start(us)
    await cluster.time.runUntil('us is up', () => cluster.region(us) !== undefined, 60_000)
    const isWhole = () => cluster.region(us)?.fencing().fences.decided.length === 2
    await cluster.time.runUntil('us is whole', isWhole, 60_000)
    await honest.trade()
  })
})
