// A region that is lost and retired, as an operator lives through it: with real processes, databases and connections, a gateway
// in front. It is cut off, goes on selling, is killed, is retired through the gateway, and comes back.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BenchCluster, startCluster } from '../bench/cluster.ts'
import { ask } from '../support/ask.ts'
import { cannotStart, until } from '../support/development.ts'
import { Wan } from '../support/wan/wan.ts'

const [ap, eu, us] = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
const near = { roundTripsMs: { [us]: { [eu]: 4, [ap]: 8 }, [eu]: { [ap]: 6 } } }

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

const urlOf = (id: string) => cluster.regions.find((region) => region.id === id)?.url ?? ''
const gateway = () => cluster.gateway ?? ''

async function must<Data>(url: string, query: string, variables: object = {}, headers = {}): Promise<Data> {
  const { data, errors } = await ask<Data>(url, query, variables, headers)
  if (data === null || errors.length > 0) throw new Error(`${url}: ${errors.map(({ message }) => message).join(' ')}`)
  return data
}

interface Placed {
  readonly placeOrder: { readonly causalToken: string; readonly userErrors: readonly { readonly code: string }[] }
}

const placing = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { causalToken userErrors { code } } }`

async function place(url: string, id: string, quantity: number): Promise<string> {
  const input = { id, lines: [{ sku: 'lamp', quantity }] }
  const { placeOrder } = await must<Placed>(url, placing, { input })
  expect(placeOrder.userErrors).toEqual([])
  return placeOrder.causalToken
}

interface Shown {
  readonly stock: {
    readonly available: number
    readonly reserved: number
    readonly onHand: number
    readonly rights: readonly { readonly region: string; readonly units: number }[]
  } | null
}

async function levelAt(url: string) {
  const query = '{ stock(sku: "lamp") { available reserved onHand rights { region units } } }'
  const { stock } = await must<Shown>(url, query)
  const rights = Object.fromEntries(stock?.rights.map(({ region, units }) => [region, units]) ?? [])
  return { available: stock?.available, reserved: stock?.reserved, onHand: stock?.onHand, rights }
}

async function stateOf(id: string): Promise<string> {
  const { regions } = await must<{ regions: { id: string; state: string }[] }>(gateway(), '{ regions { id state } }')
  return regions.find((region) => region.id === id)?.state ?? ''
}

async function orderAt(url: string, id: string): Promise<string | null> {
  const query = 'query ($id: ID!) { order(id: $id) { region } }'
  return (await must<{ order: { region: string } | null }>(url, query, { id })).order?.region ?? null
}

const statusOf = async (url: string) => await (await fetch(`${url}/health/ready`)).json().catch(() => null)

describe.skipIf(cannotStart !== null)(
  `a region that is lost${cannotStart === null ? '' : ` (skipped: ${cannotStart})`}`,
  () => {
    it('S7: is retired through the gateway; the others sell on; it comes back fenced, and what it alone had sold is placed again or told', async () => {
      const variants = [{ sku: 'lamp', title: 'Lamp', price: { amount: '30.00', currencyCode: 'GBP' } }]
      const create = 'mutation ($input: UpsertProductInput!) { upsertProduct(input: $input) { userErrors { code } } }'
      // In one region, one after the other: another one that has not heard of the product refuses its stock.
      const created = await must(urlOf(eu), create, { input: { id: 'lamp', title: 'Lamp', variants } })
      expect(created).toEqual({ upsertProduct: { userErrors: [] } })
      const receive = 'mutation ($input: ReceiveStockInput!) { receiveStock(input: $input) { userErrors { code } } }'
      const received = await must(urlOf(eu), receive, { input: { sku: 'lamp', quantity: 90 } })
      expect(received).toEqual({ receiveStock: { userErrors: [] } })
      for (const id of [us, ap, eu])
        await until(`the stock is in ${id}`, 20_000, async () => (await levelAt(urlOf(id))).available === 90)
      await place(urlOf(us), 'known', 4)
      for (const id of [ap, eu])
        await until(`the order is in ${id}`, 20_000, async () => (await levelAt(urlOf(id))).reserved === 4)

      for (const other of [ap, eu]) wan.cut(us, other)
      await place(urlOf(us), 'placed-again', 2)
      const token = await place(urlOf(us), 'too-many', 20)
      await cluster.kill(us)
      const retire = 'mutation { retireRegion(input: { region: "us-east-1" }) { userErrors { message } } }'
      expect(await must(gateway(), retire)).toEqual({ retireRegion: { userErrors: [] } })
      await until('the gateway shows it as retired', 20_000, async () => (await stateOf(us)) === 'RETIRED')
      for (const id of [ap, eu])
        await until(
          `its units are taken over in ${id}`,
          20_000,
          async () => (await levelAt(urlOf(id))).rights[us] === 0,
        )
      for (const id of [ap, eu])
        expect(await levelAt(urlOf(id))).toMatchObject({ available: 86, reserved: 4, onHand: 90 })
      await place(gateway(), 'meanwhile', 76)
      const session = { 'causeway-token': token, 'causeway-consistency': 'session' }
      const { errors } = await ask(gateway(), '{ stock(sku: "lamp") { available } }', {}, session)
      expect(errors).toMatchObject([{ extensions: { code: 'TOKEN_LOST' } }])

      wan.heal()
      cluster.launch(us)
      await until('it is back and knows its end', 40_000, async () =>
        JSON.stringify(await statusOf(urlOf(us)).catch(() => null)).includes('retired'),
      )
      const late = await ask(urlOf(us), placing, { input: { id: 'late', lines: [{ sku: 'lamp', quantity: 1 }] } })
      expect(late.errors).toMatchObject([{ extensions: { code: 'REGION_UNAVAILABLE' } }])
      for (const id of [ap, eu])
        await until(`the order that fits is placed again, in ${id}`, 20_000, async () => {
          const placed = await orderAt(urlOf(id), 'placed-again')
          return placed === ap || placed === eu
        })
      const incidents = '{ incidents(first: 20, open: true) { edges { node { kind detail } } } }'
      await until('the order that does not fit is told', 20_000, async () => {
        const told = await Promise.all([ap, eu].map((id) => must(urlOf(id), incidents)))
        return /placed again: too-many/.test(JSON.stringify(told))
      })
      for (const id of [ap, eu]) {
        expect(await orderAt(urlOf(id), 'too-many')).toBeNull()
        expect(await levelAt(urlOf(id))).toMatchObject({ available: 8, reserved: 82, onHand: 90 })
      }
      await place(gateway(), 'the-rest', 8)
      const digests = '{ regions { id digest } }'
      await until('those that stay are equal', 20_000, async () => {
        const { regions } = await must<{ regions: { id: string; digest: string | null }[] }>(gateway(), digests)
        const [first, second] = regions.filter(({ id }) => id !== us).map(({ digest }) => digest)
        return first !== null && first === second
      })
    }, 120_000)
  },
)
