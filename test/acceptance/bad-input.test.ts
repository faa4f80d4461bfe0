// What a stranger sends wrongly, to real processes through the gateway: each is told what is wrong, where and what to do,
// and nothing of it is written.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type Fault, send } from '../support/ask.ts'
import { cannotStart, causeway, type Development, startDevelopment, until } from '../support/development.ts'
import { faults, order, placeOrder, price, receiveStock, refusals, upsertProduct } from './bad-inputs.ts'

interface UserError {
  readonly code: string
  readonly message: string
  readonly field: readonly string[] | null
}
type Payloads = Readonly<Record<string, { readonly userErrors: readonly UserError[] }>>

describe.skipIf(cannotStart !== null)(`bad input${cannotStart === null ? '' : ` (skipped: ${cannotStart})`}`, () => {
  let development: Development
  let gateway: string

  beforeAll(async () => {
    development = await startDevelopment()
    gateway = development.gateway
    const variants = [{ sku: 'lamp', title: 'Lamp', price }]
    expect(await told(upsertProduct, { id: 'lamp', title: 'Lamp', variants })).toEqual([])
    expect(await told(receiveStock, { sku: 'lamp', quantity: 9 })).toEqual([])
    expect((await causeway('verify', '--url', gateway)).code).toBe(0)
  }, 180_000)

  afterAll(async () => {
    await development?.stop()
  }, 60_000)

  async function told(query: string, input: object, headers = {}): Promise<readonly UserError[]> {
    const { data, errors } = await ask<Payloads>(gateway, query, { input }, headers)
    expect(errors).toEqual([])
    return Object.values(data ?? {}).flatMap((payload) => payload.userErrors)
  }

  /** What every region has written itself, acknowledgements apart, and what it shows. */
  async function written(): Promise<object> {
    type Shown = {
      readonly events: { readonly edges: readonly { readonly node: { readonly id: string; readonly type: string } }[] }
    }
    const query = `{ events(first: 500) { edges { node { id type } } } products { totalCount } orders { totalCount }
      stock(sku: "lamp") { available onHand } cart(id: "cart-1") { id } }`
    const regions = Object.entries(development.regions).map(async ([region, url]) => {
      const { data, errors } = await ask<Shown>(url, query)
      expect(errors).toEqual([])
      const { events, ...shown } = data ?? { events: { edges: [] } }
      const own = events.edges.filter(({ node }) => node.id.startsWith(region) && node.type !== 'origin.acknowledged')
      return [region, { ...shown, own: own.map(({ node }) => `${node.id} ${node.type}`) }]
    })
    return Object.fromEntries(await Promise.all(regions))
  }

  it.each(refusals)('%s is refused with code, field and words, and nothing is written', async (...refusal) => {
    const [, query, input, code, field, words] = refusal
    const before = await written()
    expect(await told(query, input)).toEqual([{ code, field, message: expect.stringMatching(words) }])
    expect(await written()).toEqual(before)
  })

  it.each(faults)(
    '%s is a fault in words, and nothing is written',
    async (_what, query, variables, headers, code, words) => {
      const before = await written()
      const { data, errors } = await ask(gateway, query, variables, headers)
      expect(data).toBe(null)
      expect(errors).toMatchObject([{ message: expect.stringMatching(words), extensions: { code } }])
      expect(await written()).toEqual(before)
    },
  )

  it('of a keyed command that names an unknown SKU, the refusal alone is kept', async () => {
    const before = await ask(gateway, '{ products { totalCount } stock(sku: "lamp") { onHand } }')
    const input = { sku: 'nope', quantity: 1, idempotencyKey: 'unknown' }
    const error = { code: 'NOT_FOUND', field: ['sku'], message: 'No product sells SKU nope.' }
    expect(await told(receiveStock, input)).toEqual([error])
    expect(await told(receiveStock, input)).toEqual([error])
    const after = await ask(gateway, '{ products { totalCount } stock(sku: "lamp") { onHand } }')
    expect(after.data).toEqual(before.data)
    expect((await ask(gateway, '{ stock(sku: "nope") { onHand } }')).data).toEqual({ stock: null })
  })

  it('I1: a key used again with another input or command is refused, in another region too', async () => {
    const idempotencyKey = 'once'
    const us = { 'causeway-region': 'us-east-1' }
    expect(await told(receiveStock, { sku: 'lamp', quantity: 1, idempotencyKey }, us)).toEqual([])
    await until('the receipt is known everywhere', 20_000, async () => {
      const query = '{ stock(sku: "lamp") { onHand } }'
      const answers = await Promise.all(
        Object.values(development.regions).map((url) => ask<{ stock: { onHand: number } }>(url, query)),
      )
      return answers.every(({ data }) => data?.stock.onHand === 10)
    })
    const before = await written()
    const conflict = [
      { code: 'IDEMPOTENCY_CONFLICT', field: ['idempotencyKey'], message: expect.stringMatching(/new key/) },
    ]
    for (const region of Object.keys(development.regions)) {
      const headers = { 'causeway-region': region }
      expect(await told(receiveStock, { sku: 'lamp', quantity: 2, idempotencyKey }, headers)).toEqual(conflict)
      expect(await told(placeOrder, order({ idempotencyKey }), headers)).toEqual(conflict)
      expect(await told(receiveStock, { sku: 'lamp', quantity: 1, idempotencyKey }, headers)).toEqual([])
    }
    expect(await written()).toEqual(before)
  })

  it('bodies that are too large or no JSON are told so, by the gateway as by a region', async () => {
    const before = await written()
    const large = JSON.stringify({ query: '{ __typename }', variables: { text: 'x'.repeat(4 * 1024 * 1024) } })
    const fault = (code: string, words: RegExp): Fault[] => [
      { message: expect.stringMatching(words), extensions: expect.objectContaining({ code }) },
    ]
    for (const url of [gateway, ...Object.values(development.regions)]) {
      expect(await send(url, large)).toMatchObject({ status: 413, errors: fault('LIMIT_EXCEEDED', /4194304 bytes/) })
      expect(await send(url, '{"query": ')).toMatchObject({ status: 400, errors: fault('BAD_USER_INPUT', /JSON/) })
      expect(await send(url, 'query=1', { 'content-type': 'text/plain' })).toMatchObject({
        errors: fault('BAD_USER_INPUT', /content-type: application\/json/),
      })
    }
    expect(await written()).toEqual(before)
  })

  it('an id that nothing can have is found nowhere', async () => {
    const query =
      'query ($id: ID!) { node(id: $id) { id } product(id: $id) { id } stock(sku: $id) { sku } order(id: $id) { id } }'
    for (const id of ['nope', '', 'a\u0000', '\ud800', 'x'.repeat(10_000)]) {
      const { data, errors } = await ask(gateway, query, { id })
      expect([errors, data]).toEqual([[], { node: null, product: null, stock: null, order: null }])
    }
  })
})
