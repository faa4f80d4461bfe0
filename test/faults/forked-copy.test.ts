// A region whose Postgres is put back to an old copy of the same identity and that starts with no peer in reach: it signs another
// log under its old origin (C6), sells, and meets the others. With real processes, databases and connections, a gateway in front.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BenchCluster, startCluster } from '../bench/cluster.ts'
import { ask } from '../support/ask.ts'
import { copyDatabase, putInPlace } from '../support/copy-database.ts'
import { cannotStart, until } from '../support/development.ts'
import { Wan } from '../support/wan/wan.ts'

const [ap, eu, us] = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
const near = { roundTripsMs: { [us]: { [eu]: 4, [ap]: 8 }, [eu]: { [ap]: 6 } } }
const causeway = fileURLToPath(new URL('../../cli/bin/causeway.js', import.meta.url))

let cluster: BenchCluster
const wan = new Wan(near)

beforeAll(async () => {
  if (cannotStart !== null) return
  cluster = await startCluster({ regions: [us, eu, ap], via: (...way) => wan.replicationUrl(...way), gateway: true })
}, 180_000)
afterAll(async () => {
  await cluster?.stop()
  wan.close()
}, 60_000)

const at = (id: string) => {
  const region = cluster.regions.find((one) => one.id === id)
  if (region === undefined) throw new Error(`no region ${id}`)
  return region
}

async function must<Data>(url: string, query: string, variables: object = {}): Promise<Data> {
  const { data, errors } = await ask<Data>(url, query, variables, {})
  if (data === null || errors.length > 0) throw new Error(`${url}: ${errors.map(({ message }) => message).join(' ')}`)
  return data
}

/** The codes with which the order is refused; none where it is placed. */
async function place(id: string, name: string, quantity: number): Promise<readonly string[]> {
  const placing = 'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { userErrors { code } } }'
  const input = { id: name, lines: [{ sku: 'lamp', quantity }] }
  const { placeOrder } = await must<{ placeOrder: { userErrors: { code: string }[] } }>(at(id).url, placing, { input })
  return placeOrder.userErrors.map(({ code }) => code)
}

async function levelAt(id: string) {
  const query = '{ stock(sku: "lamp") { available reserved onHand } }'
  return (await must<{ stock: { available: number; reserved: number; onHand: number } | null }>(at(id).url, query))
    .stock
}

async function kindsAt(id: string): Promise<readonly string[]> {
  const query = '{ incidents(first: 20) { edges { node { kind } } } }'
  const { incidents } = await must<{ incidents: { edges: { node: { kind: string } }[] } }>(at(id).url, query)
  return incidents.edges.map(({ node }) => node.kind)
}

async function digests(): Promise<readonly (string | null)[]> {
  const { regions } = await must<{ regions: { digest: string | null }[] }>(
    cluster.gateway ?? '',
    '{ regions { digest } }',
  )
  return regions.map(({ digest }) => digest)
}

const isShown = (id: string, level: object) =>
  until(`${JSON.stringify(level)} is shown in ${id}`, 60_000, async () => {
    return JSON.stringify(await levelAt(id)) === JSON.stringify(level)
  })

describe.skipIf(cannotStart !== null)(
  `a region on an old copy of its Postgres that nobody can tell from it${cannotStart === null ? '' : ` (skipped: ${cannotStart})`}`,
  () => {
    it('C6 W8 S7 S1: what it sold alone and what it had sold before both stand, all end equal, and nothing is oversold', async () => {
      const variants = [{ sku: 'lamp', title: 'Lamp', price: { amount: '30.00', currencyCode: 'GBP' } }]
      const create = 'mutation ($input: UpsertProductInput!) { upsertProduct(input: $input) { userErrors { code } } }'
      await must(at(eu).url, create, { input: { id: 'lamp', title: 'Lamp', variants } })
      const receive = 'mutation ($input: ReceiveStockInput!) { receiveStock(input: $input) { userErrors { code } } }'
      await must(at(eu).url, receive, { input: { sku: 'lamp', quantity: 90 } })
      for (const id of [us, ap, eu]) await isShown(id, { available: 90, reserved: 0, onHand: 90 })
      await cluster.kill(us)
      const copy = await copyDatabase(at(us).database, { recovered: false })
      await cluster.restart(us)
      expect(await place(us, 'before', 4)).toEqual([])
      for (const id of [ap, eu]) await isShown(id, { available: 86, reserved: 4, onHand: 90 })
      expect(await place(ap, 'upon-that', 3)).toEqual([])
      await cluster.kill(us)
      await putInPlace(copy, at(us).database)
      for (const other of [ap, eu]) wan.cut(us, other)
      await cluster.restart(us)
      expect(await levelAt(us)).toEqual({ available: 90, reserved: 0, onHand: 90 })
      expect(await place(us, 'alone', 5)).toEqual([])
      expect(await place(us, 'alone-too', 6)).toEqual([])
      wan.heal()
      for (const id of [us, ap, eu]) await isShown(id, { available: 72, reserved: 18, onHand: 90 })
      for (const id of [us, ap, eu])
        await until(`the fork is told in ${id}`, 20_000, async () => (await kindsAt(id)).includes('equivocation'))
      await until('all digests are equal', 60_000, async () => new Set(await digests()).size === 1)
      for (const id of [us, ap, eu]) {
        for (const order of ['before', 'upon-that', 'alone', 'alone-too']) {
          const shown = await must(at(id).url, 'query ($id: ID!) { order(id: $id) { id } }', { id: order })
          expect(shown).toEqual({ order: { id: order } })
        }
      }
      // Each sells all that there is left: together they have no more than that.
      const sold = await Promise.all([us, ap, eu].map((id) => place(id, `the-rest-in-${id}`, 72)))
      expect(sold.filter((codes) => codes.length === 0).length).toBeLessThanOrEqual(1)
      const verify = [causeway, 'verify', '--url', cluster.gateway ?? '', '--json']
      const { stdout } = await promisify(execFile)(process.execPath, verify, { timeout: 90_000 })
      expect(JSON.parse(stdout)).toMatchObject({ ok: true })
    }, 300_000)
  },
)
