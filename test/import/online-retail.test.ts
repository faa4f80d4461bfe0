// A month of a real shop's invoices through three regions of real processes: interrupted half way, run again, verified,
// and counted independently. Needs the data: RETAIL_DATA names its folder.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cannotStart, causewayWhile, type Development, startDevelopment } from '../support/development.ts'
import { countTotals, type Totals } from './independent-totals.ts'

const folder = process.env.RETAIL_DATA
const file = folder === undefined ? '' : join(folder, 'online-retail-2010-12.csv.gz')
const missing =
  folder === undefined ? 'RETAIL_DATA is not set' : !existsSync(file) ? `there is no ${file}` : cannotStart

describe.skipIf(missing !== null)(
  `an import of real invoices${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    let development: Development

    beforeAll(async () => {
      development = await startDevelopment()
    }, 180_000)

    afterAll(async () => {
      await development?.stop()
    }, 60_000)

    it('stopped half way and run again, it is whole and nothing is doubled', { timeout: 600_000 }, async () => {
      const { gateway } = development
      const words = ['import', 'online-retail', file, '--url', gateway, '--json']
      const stopped = await causewayWhile([...words, '--rate', '300'], async (child) => {
        await untilOrders(gateway, 100)
        child.kill('SIGINT')
      })
      expect(stopped.code, stopped.errors).toBe(1)
      expect(stopped.errors).toContain('run the same command again')

      const finished = await causewayWhile(words)
      expect(finished.code, finished.errors).toBe(0)
      const again = await causewayWhile(words)
      expect(again.code, again.errors).toBe(0)

      const verified = await causewayWhile(['verify', '--url', gateway])
      expect(verified.code, verified.output + verified.errors).toBe(0)

      const expected = countTotals(file)
      expect(await totalsOf(gateway)).toEqual(expected)
      const { regions } = JSON.parse(finished.output) as {
        regions: { region: string; orders: number; lines: number }[]
      }
      for (const { region, orders, lines } of regions) expect({ orders, lines }).toMatchObject(pick(expected[region]))
    })
  },
)

function pick(totals: Totals | undefined) {
  return { orders: totals?.orders, lines: totals?.lines }
}

async function query(url: string, text: string, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: text }),
  })
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown }
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return data
}

interface OrdersPage {
  readonly orders: {
    readonly totalCount: number | null
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
    readonly edges: readonly {
      readonly node: {
        readonly region: string
        readonly lines: readonly { readonly quantity: number; readonly unitPrice: { readonly amount: string } }[]
      }
    }[]
  }
}

async function untilOrders(url: string, count: number): Promise<void> {
  for (;;) {
    const { orders } = (await query(
      url,
      '{ orders(first: 1) { totalCount pageInfo { hasNextPage endCursor } edges { node { region lines { quantity } } } } }',
    )) as OrdersPage
    if ((orders.totalCount ?? 0) >= count) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function totalsOf(url: string): Promise<Record<string, Totals>> {
  const totals: Record<string, Totals> = {}
  let after = ''
  for (;;) {
    const page = `orders(first: 100${after === '' ? '' : `, after: ${JSON.stringify(after)}`})`
    const { orders } = (await query(
      url,
      `{ ${page} { totalCount pageInfo { hasNextPage endCursor } edges { node { region lines { quantity unitPrice { amount } } } } } }`,
    )) as OrdersPage
    for (const { node } of orders.edges) {
      totals[node.region] ??= { orders: 0, lines: 0, units: 0, revenue: 0 }
      const total = totals[node.region] as Totals
      total.orders += 1
      for (const { quantity, unitPrice } of node.lines) {
        total.lines += 1
        total.units += quantity
        total.revenue += quantity * Math.round(Number(unitPrice.amount) * 100)
      }
    }
    if (!orders.pageInfo.hasNextPage) return totals
    after = orders.pageInfo.endCursor
  }
}
