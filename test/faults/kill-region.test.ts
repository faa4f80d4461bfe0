// kill -9 of a region under load, with real processes: the gateway goes on with the others, the region comes back and
// catches up, nothing that was answered is missing, and no caller of a keyed command saw an error.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cannotStart, causeway, type Development, isReady, startDevelopment, until } from '../support/development.ts'

const callers = 6
const killed = 'us-east-1'

interface Answer {
  readonly errors?: readonly { readonly message: string }[]
  readonly data?: Readonly<Record<string, Payload | null>> | null
}
interface Payload {
  readonly userErrors?: readonly { readonly message: string }[]
  readonly edges?: readonly { readonly node: { readonly id: string } }[]
  readonly pageInfo?: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  readonly available?: number
}

async function ask(
  url: string,
  query: string,
  variables: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Answer
}

function problemsOf(answer: Answer): readonly string[] {
  const refusals = Object.values(answer.data ?? {}).flatMap((payload) => payload?.userErrors ?? [])
  return [...(answer.errors ?? []), ...refusals].map(({ message }) => message)
}

const placeOrder =
  'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } userErrors { message } } }'
const receiveStock = 'mutation ($input: ReceiveStockInput!) { receiveStock(input: $input) { userErrors { message } } }'
const upsertProduct =
  'mutation ($input: UpsertProductInput!) { upsertProduct(input: $input) { userErrors { message } } }'
const readStock = 'query ($sku: ID!) { stock(sku: $sku) { available } }'

describe.skipIf(cannotStart !== null)(
  `a region killed under load${cannotStart === null ? '' : ` (skipped: ${cannotStart})`}`,
  () => {
    let development: Development

    beforeAll(async () => {
      development = await startDevelopment()
      const { gateway } = development
      const variants = [{ sku: 'lamp', title: 'Lamp', price: { amount: '30.00', currencyCode: 'GBP' } }]
      expect(problemsOf(await ask(gateway, upsertProduct, { input: { id: 'lamp', title: 'Lamp', variants } }))).toEqual(
        [],
      )
      expect(problemsOf(await ask(gateway, receiveStock, { input: { sku: 'lamp', quantity: 100_000 } }))).toEqual([])
      await until('the stock is known everywhere', 20_000, async () => {
        const answers = await Promise.all(
          Object.values(development.regions).map((url) => ask(url, readStock, { sku: 'lamp' })),
        )
        return answers.every(({ data }) => data?.stock?.available === 100_000)
      })
    }, 180_000)

    afterAll(async () => {
      await development?.stop()
    }, 60_000)

    it('W2 G2 I1: callers see no error, and every order that was answered is in every region once it is back', async () => {
      const answered: string[] = []
      const problems: string[] = []
      let received = 0
      let isOver = false
      const caller = async (number: number) => {
        for (let count = 0; !isOver; count++) {
          const id = `order-${number}-${count}`
          const placed = await ask(development.gateway, placeOrder, {
            input: { id, lines: [{ sku: 'lamp', quantity: 1 }] },
          })
          problems.push(...problemsOf(placed))
          if (problemsOf(placed).length === 0) answered.push(id)
          if (count % 5 !== 0) continue
          const got = await ask(development.gateway, receiveStock, { input: { sku: 'lamp', quantity: 2 } })
          problems.push(...problemsOf(got))
          if (problemsOf(got).length === 0) received += 2
          problems.push(...problemsOf(await ask(development.gateway, readStock, { sku: 'lamp' })))
        }
      }
      const load = Array.from({ length: callers }, (_, number) => caller(number))
      await until('orders flow', 30_000, async () => answered.length > 100)
      await development.kill(killed)
      const atKill = answered.length
      await until('orders flow on without the region', 30_000, async () => answered.length > atKill + 200)
      await until('the region is back', 60_000, async () => isReady(development.regions[killed] ?? ''))
      const atReturn = answered.length
      await until('orders flow with the region back', 30_000, async () => answered.length > atReturn + 100)
      isOver = true
      await Promise.all(load)
      expect(problems).toEqual([])

      const verified = await causeway('verify', '--url', development.gateway)
      expect(verified.output + String(verified.code)).toMatch(/0$/)
      for (const region of Object.keys(development.regions)) {
        const known = await orderIds(development.gateway, region)
        expect(answered.filter((id) => !known.has(id))).toEqual([])
        const stock = await ask(development.gateway, readStock, { sku: 'lamp' }, { 'causeway-region': region })
        expect(stock.data?.stock?.available).toBe(100_000 + received - known.size)
      }
    }, 240_000)
  },
)

async function orderIds(url: string, region: string): Promise<ReadonlySet<string>> {
  const query =
    'query ($after: String) { orders(first: 500, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }'
  const ids = new Set<string>()
  let after: string | null = null
  do {
    const answer = await ask(url, query, { after }, { 'causeway-region': region })
    expect(problemsOf(answer)).toEqual([])
    for (const { node } of answer.data?.orders?.edges ?? []) ids.add(node.id)
    const page = answer.data?.orders?.pageInfo
    after = page?.hasNextPage ? page.endCursor : null
  } while (after !== null)
  return ids
}
