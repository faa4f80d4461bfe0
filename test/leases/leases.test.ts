// Tills that sell without a connection, against three regions on real databases, with real keys.

import { createPostgresStore } from '@causeway/db/postgres/store'
import { testDatabase } from '@causeway/db/test-database'
import { ask, type Reply, type ServedCluster, serveCluster } from '@causeway/regions/http/cluster.testing'
import { stockMug } from '@causeway/regions/http/shop.testing'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { closeLease, type LentStock, leaseStock, placeOrder, Till } from './till.testing.ts'

const members = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
type Member = (typeof members)[number]
const patience = { timeout: 20_000, interval: 50 }

let cluster: ServedCluster
let euRows: postgres.Sql
const ends: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  cluster = await serveCluster(members, {
    divergenceRoundMs: 300,
    store: async (id) => {
      const database = await testDatabase(id)
      ends.push(() => database.drop())
      if (id === 'eu-west-1') {
        euRows = postgres(database.url, { max: 1, onnotice: () => undefined })
        ends.push(() => euRows.end())
      }
      const store = await createPostgresStore({ url: database.url, region: id })
      ends.push(() => store.close())
      return store
    },
  })
})
afterAll(async () => {
  await cluster.stop()
  for (const end of ends.reverse()) await end()
})

/** In the region, once it has what the token tells. */
function tell(id: Member, query: string, input: object, token = ''): Promise<Reply> {
  const headers = token === '' ? {} : { 'causeway-consistency': 'session', 'causeway-token': token }
  return ask(cluster.at(id).server, query, { input }, headers as Record<string, string>)
}

const payloadOf = (reply: Reply, name: string) => {
  expect(reply.errors).toEqual([])
  return (
    reply.data as unknown as Record<string, { causalToken: string; lease: LentStock; userErrors: readonly object[] }>
  )[name]
}

/** A till with `quantity` of a new SKU, lent by a region, and the token that came with it. */
async function lend(id: Member, sku: string, quantity: number) {
  await stockMug(cluster.at(id), 30, sku)
  const till = new Till(`till-${sku}`)
  const { deviceId, publicKey } = till
  const lent = payloadOf(await tell(id, leaseStock, { deviceId, sku, quantity, minutes: 60, publicKey }), 'leaseStock')
  expect(lent?.userErrors).toEqual([])
  if (lent === undefined) throw new Error('no answer')
  till.take(lent.lease)
  return { till, token: lent.causalToken }
}

async function levels(sku: string): Promise<readonly unknown[]> {
  const read = members.map((id) =>
    ask(cluster.at(id).server, `{ stock(sku: "${sku}") { available leased reserved onHand } }`),
  )
  return (await Promise.all(read)).map(({ data }) => (data as { stock?: unknown }).stock)
}

const everywhere = (sku: string, level: object) =>
  vi.waitFor(async () => expect(await levels(sku)).toEqual(members.map(() => level)), patience)

const agree = () =>
  vi.waitFor(async () => {
    const digests = await Promise.all(members.map((id) => cluster.at(id).region.digest()))
    expect(digests[0]).not.toBeNull()
    expect(new Set(digests).size).toBe(1)
  }, patience)

describe('a till with lent stock', () => {
  it('S6, C3: sells offline, is synced through two regions, closes, and everything adds up everywhere', async () => {
    const { till, token } = await lend('us-east-1', 'lent-1', 10)
    await everywhere('lent-1', { available: 20, leased: 10, reserved: 0, onHand: 30 })
    till.sell('till-order-1', 2)
    till.sell('till-order-2', 3)
    const first = await tell('eu-west-1', placeOrder, till.order('till-order-1'), token)
    expect(payloadOf(first, 'placeOrder')).toMatchObject({ userErrors: [], order: { id: 'till-order-1' } })
    const second = await tell('ap-south-1', placeOrder, till.order('till-order-2'), token)
    expect(payloadOf(second, 'placeOrder')).toMatchObject({ userErrors: [] })
    await everywhere('lent-1', { available: 20, leased: 5, reserved: 5, onHand: 30 })
    till.close()
    const closed = await tell('ap-south-1', closeLease, till.chain())
    expect(payloadOf(closed, 'closeLease')).toMatchObject({
      userErrors: [],
      lease: { sold: 5, closed: true, lastEntry: 3 },
    })
    await everywhere('lent-1', { available: 25, leased: 0, reserved: 5, onHand: 30 })
    await agree()
  })

  it('S6: the plain call lends and gives back at once, for without a key nothing can be out', async () => {
    await stockMug(cluster.at('us-east-1'), 30, 'lent-2')
    const input = { deviceId: 'scanner', sku: 'lent-2', quantity: 4, minutes: 5 }
    const lent = payloadOf(await tell('us-east-1', leaseStock, input), 'leaseStock')
    expect(lent).toMatchObject({ userErrors: [], lease: { deviceId: 'scanner', quantity: 4, sold: 0, closed: false } })
    const node = await ask(cluster.at('us-east-1').server, `{ node(id: "${lent?.lease.id}") { id __typename } }`)
    expect(node.data).toEqual({ node: { id: lent?.lease.id, __typename: 'StockLease' } })
    const closed = payloadOf(await tell('us-east-1', closeLease, { id: lent?.lease.id }), 'closeLease')
    expect(closed).toMatchObject({ userErrors: [], lease: { closed: true } })
    await everywhere('lent-2', { available: 30, leased: 0, reserved: 0, onHand: 30 })
  })

  it('S6, I1: a retry under the same key may bring more of the chain; a gap is asked for and is no outcome', async () => {
    const { till, token } = await lend('eu-west-1', 'lent-3', 10)
    till.sell('gap-1', 1)
    till.sell('gap-2', 2)
    const keyed = (from: number) => ({ ...till.order('gap-2', from), idempotencyKey: 'gap-2' })
    const gap = await tell('us-east-1', placeOrder, keyed(2), token)
    expect(payloadOf(gap, 'placeOrder')).toMatchObject({ userErrors: [{ leaseEntry: 1 }] })
    for (const id of members) {
      const placed = await tell(id, placeOrder, keyed(1), token)
      expect(payloadOf(placed, 'placeOrder')).toMatchObject({ userErrors: [], order: { id: 'gap-2' } })
    }
    await everywhere('lent-3', { available: 20, leased: 7, reserved: 3, onHand: 30 })
  })

  it('S6: more than a region may sell is not lent, and the input is checked', async () => {
    await stockMug(cluster.at('us-east-1'), 3, 'lent-4')
    const input = { deviceId: 'till', sku: 'lent-4', quantity: 4, minutes: 5 }
    const answer = async (more: object) =>
      payloadOf(await tell('us-east-1', leaseStock, { ...input, ...more }), 'leaseStock')?.userErrors
    expect(await answer({})).toMatchObject([{ code: 'OUT_OF_STOCK' }])
    expect(await answer({ quantity: 0 })).toMatchObject([{ code: 'INVALID', field: ['quantity'] }])
    expect(await answer({ minutes: 100_000 })).toMatchObject([{ code: 'INVALID', field: ['minutes'] }])
    expect(await answer({ publicKey: 'short' })).toMatchObject([{ code: 'INVALID', field: ['publicKey'] }])
    expect(await answer({ sku: 'no-such' })).toMatchObject([{ code: 'NOT_FOUND' }])
    const close = async (more: object) => payloadOf(await tell('us-east-1', closeLease, more), 'closeLease')?.userErrors
    expect(await close({ id: 'lease-nowhere' })).toMatchObject([{ code: 'NOT_FOUND' }])
  })

  it('S6: a copied device is found out, and the regions that see it say so', async () => {
    const { till, token } = await lend('ap-south-1', 'lent-5', 10)
    const copy = till.lease
    till.sell('fork-1', 6)
    const first = till.order('fork-1')
    till.restore(copy)
    till.sell('fork-2', 7)
    const answers = [
      tell('us-east-1', placeOrder, first, token),
      tell('eu-west-1', placeOrder, till.order('fork-2'), token),
    ]
    await Promise.all(answers)
    const incidents = '{ incidents(open: true) { edges { node { kind entityIds detail } } } }'
    await vi.waitFor(async () => {
      for (const id of members) {
        const { data } = await ask(cluster.at(id).server, incidents)
        const { edges } = (
          data as unknown as { incidents: { edges: { node: { entityIds: string[]; kind: string } }[] } }
        ).incidents
        const told = edges.find(({ node }) => node.entityIds.includes(till.lease.terms.id))
        expect(told?.node).toMatchObject({ kind: 'equivocation' })
        expect(told?.node.entityIds).toContain('fork-1')
      }
    }, patience)
    await agree()
  })

  it('C9, S6: a lease’s row that was spoiled behind the store’s back is again what its chain says', async () => {
    const { till, token } = await lend('us-east-1', 'lent-6', 10)
    till.sell('spoiled-1', 4)
    await tell('us-east-1', placeOrder, till.order('spoiled-1'), token)
    const healthy = { available: 20, leased: 6, reserved: 4, onHand: 30 }
    await everywhere('lent-6', healthy)
    await euRows`update stock_rows set sold = 1 where holder = ${till.lease.terms.id}`
    await vi.waitFor(async () => {
      const rows = await euRows`select sold from stock_rows where holder = ${till.lease.terms.id}`
      expect(rows).toMatchObject([{ sold: '4' }])
    }, patience)
    await everywhere('lent-6', healthy)
  })
})
