// A database that does not know, or does not allow, what its region asks of it: a migration by hand, a permission that was taken
// away. Commits of other regions are not to blame for it, and come in by themselves once it is put right.

import { ask, type ServedCluster } from '@causeway/regions/http/cluster.testing'
import { sell, stockMug } from '@causeway/regions/http/shop.testing'
import type postgres from 'postgres'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { eu, type SpoilableCluster, serveSpoilable, us } from './spoilable.testing.ts'

const patience = { timeout: 20_000, interval: 50 }

let cluster: ServedCluster
let sql: postgres.Sql
let spoilable: SpoilableCluster

beforeAll(async () => {
  spoilable = await serveSpoilable()
  ;({ cluster, sql } = spoilable)
  await stockMug(cluster.at(eu), 20, 'mug')
})

afterAll(() => spoilable.stop())

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
