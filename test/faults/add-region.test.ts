// An operator adds a region by the steps that docs/OPERATIONS.md names: with real processes, each on its own Postgres, and a
// gateway in front.

import { type TestDatabase, testDatabase } from '@causeway/db/test-database'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { cannotStart, causeway, freePorts, until } from '../support/development.ts'
import { Processes } from '../support/processes.ts'

const [ap, eu, us] = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
const ids = [us, eu, ap] as const
const placeOrder =
  'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id region } userErrors { code message } } }'

describe.skipIf(cannotStart !== null)(
  `a region that is added${cannotStart === null ? '' : ` (skipped: ${cannotStart})`}`,
  () => {
    const databases = new Map<string, TestDatabase>()
    let processes: Processes
    let port = 0
    const gateway = () => `http://127.0.0.1:${port}`
    const urlOf = (id: (typeof ids)[number]) => `http://127.0.0.1:${port + 1 + ids.indexOf(id)}`

    const configurationOf = (members: readonly (typeof ids)[number][]) => ({
      regions: members.map((id) => ({
        id,
        listen: { host: '127.0.0.1', port: port + 1 + ids.indexOf(id) },
        database: databases.get(id)?.url,
      })),
      gateway: { listen: { host: '127.0.0.1', port }, region: us },
      cluster: { secret: 'a secret of the test' },
    })
    const startRegion = (id: (typeof ids)[number], members: readonly (typeof ids)[number][]) =>
      processes.start(`region ${id}`, configurationOf(members), urlOf(id))
    const startGateway = (members: readonly (typeof ids)[number][]) =>
      processes.start('gateway', configurationOf(members), gateway())

    beforeAll(async () => {
      processes = await Processes.open()
      port = await freePorts(1 + ids.length)
      for (const id of ids) databases.set(id, await testDatabase(id))
      for (const id of [us, eu]) await startRegion(id, [us, eu])
      await startGateway([us, eu])
    }, 120_000)

    afterAll(async () => {
      await processes?.close()
      for (const database of databases.values()) await database.drop()
    }, 60_000)

    it('S7: holds what the others hold and sells, once all are started anew, one by one, and the command has seen it join', {
      timeout: 180_000,
    }, async () => {
      const variants = [{ sku: 'mug-blue', title: 'Blue', price: { amount: '4.00', currencyCode: 'GBP' } }]
      const made = await ask<object>(
        gateway(),
        `mutation ($product: UpsertProductInput!, $receipt: ReceiveStockInput!) {
          upsertProduct(input: $product) { userErrors { message } } receiveStock(input: $receipt) { userErrors { message } } }`,
        { product: { id: 'mug', title: 'Mug', variants }, receipt: { sku: 'mug-blue', quantity: 90 } },
      )
      const well = { userErrors: [] }
      expect(made).toMatchObject({ data: { upsertProduct: well, receiveStock: well }, errors: [] })
      await startRegion(ap, ids)
      for (const id of [us, eu]) {
        await processes.stop(`region ${id}`)
        await startRegion(id, ids)
      }
      await processes.stop('gateway')
      await startGateway(ids)
      const joined = await causeway('join', ap, '--url', gateway(), '--timeout', '60')
      expect(joined.output).toContain(ap)
      expect(joined.code, joined.output).toBe(0)
      const order = { id: 'from-afar', lines: [{ sku: 'mug-blue', quantity: 2 }] }
      let sold: unknown = null
      await until('it sells', 30_000, async () => {
        const { data } = await ask<{ placeOrder: { order: object | null } }>(
          gateway(),
          placeOrder,
          { input: order },
          {
            'causeway-region': ap,
          },
        )
        sold = data?.placeOrder.order ?? null
        return sold !== null
      })
      expect(sold).toEqual({ id: 'from-afar', region: ap })
      const verified = await causeway('verify', '--url', gateway())
      expect(verified.output).toContain('digests are equal (3 checked)')
      expect(verified.code, verified.output).toBe(0)
    })
  },
)
