// A database that does not know, or does not allow, what its region asks of it: a migration by hand, a permission that was taken
// away. Commits of other regions are not to blame for it, and come in by themselves once it is put right.

import { createPostgresStore } from '@causeway/db/postgres/store'
import { testDatabase } from '@causeway/db/test-database'
import { ask, type ServedCluster, serveCluster } from '@causeway/regions/http/cluster.testing'
import { sell, stockMug } from '@causeway/regions/http/shop.testing'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

const [us, eu] = ['us-east-1', 'eu-west-1'] as const
const patience = { timeout: 20_000, interval: 50 }

let cluster: ServedCluster
let sql: postgres.Sql
const ends: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  cluster = await serveCluster([us, eu], {
    store: async (id) => {
      const database = await testDatabase(id)
      ends.push(() => database.drop())
      if (id === us) {
        sql = postgres(database.url, { max: 1, onnotice: () => undefined })
        ends.push(() => sql.end())
      }
      const store = await createPostgresStore({ url: database.url, region: id })
      ends.push(() => store.close())
      return store
    },
  })
  await stockMug(cluster.at(eu), 20, 'mug')
})

afterAll(async () => {
  await cluster.stop()
  for (const end of ends.reverse()) await end()
})

const settled = () =>
  vi.waitFor(() => expect(cluster.at(us).region.frontier()).toEqual(cluster.at(eu).region.frontier()), patience)

const linkOfUs = () => cluster.at(us).region.links()[0]

it('C6: nothing of what others have signed is blamed for a column that an operator has taken away, and all of it is applied when it is back', async () => {
  await settled()
  await sql`alter table documents rename column heads to gone`
  const breaks = linkOfUs()?.counts.breaks ?? 0
  await sell(cluster.at(eu), 'order-1', 'mug')
  await sell(cluster.at(eu), 'order-2', 'mug')
  await vi.waitFor(() => expect(linkOfUs()?.counts.breaks).toBeGreaterThan(breaks + 1), patience)
  expect(await cluster.at(us).region.store.evidence.held()).toEqual([])
  await sql`alter table documents rename column gone to heads`
  await settled()
  for (const id of ['order-1', 'order-2']) {
    const { data } = await ask(cluster.at(us).server, 'query ($id: ID!) { order(id: $id) { id } }', { id })
    expect(data).toEqual({ order: { id } })
  }
  const query = { first: 10, after: null, open: null }
  expect(await cluster.at(us).region.store.incidents.list(query)).toEqual([])
})
