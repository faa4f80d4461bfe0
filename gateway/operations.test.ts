import { describe, expect, it } from 'vitest'
import { ask, world } from './fixtures/world.testing.ts'

describe('operations that one region can answer', () => {
  it("travel whole to the gateway's own region, with the region and the token in the answer", async () => {
    const { gateway, us } = await world()
    const query = '{ product(id: "p1") { title } }'
    const reply = await ask(gateway, query)
    expect(reply.body).toEqual({ data: { product: { title: 'p1 from us-east-1' } } })
    expect(reply.headers.get('causeway-region')).toBe('us-east-1')
    expect(reply.headers.get('causeway-token')).toBeTruthy()
    expect(us.seen.map((request) => request.query)).toEqual([query])
  })

  it('an answer of several megabytes arrives whole', async () => {
    const { gateway } = await world()
    const reply = await ask(gateway, '{ products { edges { node { id description } } } }')
    expect(reply.at('data.products.edges')).toHaveLength(4_000)
  })

  it('operators may pin a region; one that is down, unknown or retired is named', async () => {
    const { gateway, us, eu } = await world()
    const pin = { 'causeway-region': 'eu-west-1' }
    expect((await ask(gateway, '{ product(id: "p1") { title } }', {}, pin)).at('data.product.title')).toBe(
      'p1 from eu-west-1',
    )
    await eu.kill()
    const { at } = await ask(gateway, '{ product(id: "p1") { title } }', {}, pin)
    expect(at('errors.0.extensions.code')).toBe('REGION_UNAVAILABLE')
    expect(at('errors.0.message')).toMatch(/eu-west-1.*refuses connections/)
    const unknown = await ask(gateway, '{ product(id: "p1") { title } }', {}, { 'causeway-region': 'mars-1' })
    expect(unknown.at('errors.0.extensions')).toEqual({ code: 'REGION_UNAVAILABLE', retryable: false })
    expect(unknown.at('errors.0.message')).toMatch(
      /causeway-region names mars-1, which is no region here: there are us-east-1, eu-west-1/,
    )
    us.retire('eu-west-1')
    const retired = () => ask(gateway, '{ product(id: "p1") { title } }', {}, pin)
    await expect.poll(async () => (await retired()).at('errors.0.message')).toMatch(/eu-west-1, which is retired/)
    expect((await retired()).at('errors.0.extensions')).toEqual({ code: 'REGION_UNAVAILABLE', retryable: false })
  })
})
