import { copyDatabase } from '@causeway/db/memory/database'
import { createMemoryStore } from '@causeway/db/memory/store'
import type { SnapshotDescription } from '@causeway/db/snapshots/snapshots'
import { farBehindEvents } from '@causeway/regions/replication/snapshot/snapshot-state'
import { homeKinds } from '@causeway/regions/replication/snapshot/state-digests'
import { describe, expect, it } from 'vitest'
import { ap, eu, Honest, us } from './honest.ts'
import type { Liar } from './liar.ts'

const invented = 1_000_000

/** What the honest hold, and a million mugs of the liar's own. */
async function forge(honest: Honest): Promise<void> {
  const { liar, cluster } = honest
  const database = copyDatabase(cluster.database(us))
  const [[key, row] = []] = [...database.stock].filter(([, { sku }]) => sku === 'mug')
  if (key === undefined || row === undefined) throw new Error('there are no mugs')
  database.stock.set(key, { ...row, cells: { ...row.cells, received: row.cells.received + invented } })
  const { snapshots } = createMemoryStore({ region: us, database })
  const made = await snapshots.make({ id: 'lie', madeMs: cluster.time.now(), exceptKinds: homeKinds })
  liar.frontier = { ...made.head.frontier, [ap]: 2 * farBehindEvents }
  const chainHashes = { ...made.head.chainHashes, [ap]: 'ab'.repeat(32) }
  const head = { ...made.head, frontier: liar.frontier, chainHashes }
  const description: SnapshotDescription = { ...made, region: ap, head }
  liar.snapshots = {
    offer: async () => ({ status: 'ready', description }),
    page: (id, number) => snapshots.page(id, number),
    check: async () => ({ status: 'unable' }),
  }
}

function received(honest: Honest, id: string): number {
  const rows = [...honest.cluster.database(id).stock.values()].filter(({ sku }) => sku === 'mug')
  return rows.reduce((sum, { cells }) => sum + cells.received, 0)
}

const lies: readonly (readonly [words: string, begin: (liar: Liar) => void])[] = [
  ['is far ahead of all others', () => {}],
  [
    'no longer has the log of what they lack',
    (liar) => {
      liar.hasDropped = true
    },
  ],
]

describe('a member that says it holds what nobody else has heard of', () => {
  for (const [index, [words, begin]] of lies.entries()) {
    it(`C6 C10: and ${words}, hands its own state to nobody, whoever else can be asked about it`, async () => {
      const honest = await Honest.open(230 + index)
      await honest.trade()
      await forge(honest)
      begin(honest.liar)
      honest.cluster.network.reset(ap, us)
      honest.cluster.network.reset(ap, eu)
      for (let minute = 0; minute < 3; minute += 1) {
        await honest.pass(60_000)
        await honest.trade()
      }
      // Nobody is there to contradict it.
      honest.cluster.network.cut(eu, us)
      await honest.pass(60_000)
      honest.cluster.network.heal(eu, us)
      await honest.trade()
      for (const id of [eu, us]) expect(received(honest, id), id).toBeLessThan(invented)
    })
  }
})
