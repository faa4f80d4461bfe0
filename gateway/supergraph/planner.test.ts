import { decodeToken } from '@causeway/schema/clock/causal-token'
import { describe, expect, it } from 'vitest'
import { ask, world } from '../fixtures/world.testing.ts'

describe('operations that need more than one placement', () => {
  it("a customer's name comes from the home region, and the rest from the nearest", async () => {
    const { gateway, us, eu } = await world()
    const { at, headers } = await ask(gateway, '{ customer(id: "eu-west-1:ann") { id homeRegion name } }')
    expect(at('data.customer')).toEqual({ id: 'eu-west-1:ann', homeRegion: 'eu-west-1', name: 'Name of eu-west-1:ann' })
    expect([us.seen.length, eu.seen.length]).toEqual([1, 1])
    expect(headers.get('causeway-region')).toBe('us-east-1, eu-west-1')
    expect(decodeToken(headers.get('causeway-token') ?? '')).toEqual({ 'us-east-1': 1, 'eu-west-1': 1 })
    expect(at('extensions.causeway.token')).toBe(headers.get('causeway-token'))
  })

  it('a home that cannot be reached nulls only what is personal, and says so at its path', async () => {
    const { gateway, eu } = await world()
    await eu.kill()
    const { at } = await ask(
      gateway,
      '{ a: customer(id: "eu-west-1:ann") { id name } b: customer(id: "ap-south-1:bo") { name } }',
    )
    expect(at('data')).toEqual({ a: { id: 'eu-west-1:ann', name: null }, b: { name: 'Name of ap-south-1:bo' } })
    expect(at('errors')).toHaveLength(1)
    expect(at('errors.0')).toMatchObject({ path: ['a', 'name'], extensions: { code: 'HOME_UNREACHABLE' } })
  })

  it('a command on what is personal goes whole to its home, stated or looked up', async () => {
    const { gateway, us, eu, ap } = await world()
    const upsert = 'mutation U($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { customer { name } } }'
    await ask(gateway, upsert, { input: { id: 'x', homeRegion: 'ap-south-1' } })
    expect(ap.seen).toHaveLength(1)
    const { at } = await ask(gateway, upsert, { input: { id: 'eu-west-1:ann', name: 'Ann' } })
    expect(at('data.upsertCustomer.customer.name')).toBe('Name of eu-west-1:ann')
    expect([us.seen.length, eu.seen.length]).toEqual([1, 1])
    await ap.kill()
    const gone = await ask(gateway, upsert, { input: { id: 'x', homeRegion: 'ap-south-1' } })
    expect(gone.at('errors.0.extensions.code')).toBe('HOME_UNREACHABLE')
  })

  it('commands on customers of several homes, in one operation, each go home with a key of their own', async () => {
    const { gateway, us, eu, ap } = await world()
    const { at } = await ask(
      gateway,
      `mutation { a: upsertCustomer(input: { id: "eu-west-1:ann" }) { customer { name } }
        b: upsertCustomer(input: { id: "bo", homeRegion: "ap-south-1" }) { customer { id } }
        receiveStock(input: { sku: "s", quantity: 1 }) { userErrors { code } } }`,
      {},
      { 'idempotency-key': '"k"', 'causeway-resent': '1' },
    )
    expect(at('data')).toMatchObject({
      a: { customer: { name: 'Name of eu-west-1:ann' } },
      b: { customer: { id: 'bo' } },
    })
    const keys = [us, eu, ap].flatMap((region) => region.seen.filter((one) => one.query.startsWith('mutation')))
    expect(keys.map((one) => one.headers['idempotency-key'])).toEqual(['k/receiveStock', 'k/a', 'k/b'])
    expect(keys.map((one) => one.headers['causeway-resent'])).toEqual(['1', '1', '1'])
  })

  it('G1: regions are answered by the gateway, beside fields of a region', async () => {
    const { gateway, us, ap } = await world()
    await ap.kill()
    us.ready = false
    await expect
      .poll(async () =>
        (
          await ask(
            gateway,
            '{ regions { id state reason digest stableFrontier history { logCommits } divergence { found repaired checkedAt open { subject } } reads { consistency served missed } snapshot { phase } restoration { waitsFor lacksEvents } openIncidents operatorKeys { cluster keys } } product(id: "p") { id } }',
          )
        ).at('data'),
      )
      .toMatchObject({
        regions: [
          { id: 'ap-south-1', state: 'UNREACHABLE', reason: 'refuses connections', digest: null },
          {
            id: 'eu-west-1',
            state: 'HEALTHY',
            digest: 'd1'.repeat(32),
            reads: [{ served: 3, missed: 1 }],
            restoration: { waitsFor: ['us-east-1'], lacksEvents: 4 },
            openIncidents: 2,
            operatorKeys: { cluster: 'shop', keys: ['MCow'] },
          },
          { id: 'us-east-1', state: 'UNREACHABLE', reason: 'says it is not ready: its database is away' },
        ],
        product: { id: 'p' },
      })
  })

  it("introspection and wrong operations are answered in GraphQL's own words, without asking a region", async () => {
    const { gateway, us } = await world()
    const types = await ask(gateway, '{ __schema { queryType { name } } __type(name: "Region") { name } }')
    expect(types.at('data')).toEqual({ __schema: { queryType: { name: 'Query' } }, __type: { name: 'Region' } })
    const wrong = await ask(gateway, '{ produkt }')
    expect(wrong.at('errors.0.message')).toMatch(/Cannot query field "produkt"/)
    expect((await ask(gateway, '{ product(')).at('errors.0.message')).toMatch(/Syntax Error/)
    expect(us.seen).toHaveLength(0)
  })
})
