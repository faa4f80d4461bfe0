// Regions that are not as fresh as the caller asks: the gateway looks for one that is.

import { describe, expect, it } from 'vitest'
import { ask, receive, receiveInput, world } from '../fixtures/world.testing.ts'

const staleAnswer = (region: string) => ({
  status: 200,
  body: {
    errors: [
      {
        message: `${region} cannot give a strong read now: ap-south-1 cannot be asked.`,
        extensions: { code: 'STALE_READ', known: [{ region: 'ap-south-1', upTo: null }] },
      },
    ],
  },
})
const product = '{ product(id: "p1") { title } }'

describe('a region that is not as fresh as was asked for', () => {
  it('Q1, Q2, Q3: is left for the next one, which is not told that anything was sent before', async () => {
    const { gateway, us, eu, ap } = await world()
    us.behaviour = () => staleAnswer('us-east-1')
    const read = await ask(gateway, product, {}, { 'causeway-consistency': 'bounded;ms=100' })
    expect(read.at('data.product.title')).toMatch(/^p1 from (eu|ap)/)
    expect(us.seen[0]?.headers['causeway-consistency']).toBe('bounded;ms=100')
    expect(us.seen[0]?.headers['causeway-fresh-within']).toBe('1000')
    const wrote = await ask(gateway, receive, receiveInput, { 'causeway-consistency': 'strong' })
    expect(wrote.at('data.receiveStock.userErrors')).toEqual([])
    expect([...eu.seen, ...ap.seen].map((request) => request.headers['causeway-resent'])).toEqual([
      undefined,
      undefined,
    ])
    expect((await ask(gateway, '{ regions { id state } }')).at('data.regions')).toMatchObject([
      { state: 'HEALTHY' },
      { state: 'HEALTHY' },
      { id: 'us-east-1', state: 'HEALTHY' },
    ])
  })

  it('Q2, Q3: where none is, the caller is told STALE_READ, with what each region said, and each was asked once', async () => {
    const { gateway, us, eu, ap } = await world()
    for (const region of [us, eu, ap]) region.behaviour = () => staleAnswer(region.id)
    const { at } = await ask(gateway, product, {}, { 'causeway-consistency': 'strong' })
    expect(at('errors.0.extensions.code')).toBe('STALE_READ')
    expect(at('errors.0.message')).toContain('eu-west-1 cannot give a strong read now: ap-south-1 cannot be asked.')
    expect(at('errors.0.extensions.tried')).toContainEqual(
      expect.objectContaining({ region: 'ap-south-1', known: [{ region: 'ap-south-1', upTo: null }] }),
    )
    expect([us, eu, ap].map((region) => region.seen.length)).toEqual([1, 1, 1])
    const last = [us, eu, ap].filter((region) => region.seen[0]?.headers['causeway-fresh-within'] === undefined)
    expect(last).toHaveLength(1)
  })

  it('a region that was asked for by name answers for itself', async () => {
    const { gateway, us, eu } = await world()
    us.behaviour = () => staleAnswer('us-east-1')
    const { at } = await ask(gateway, product, {}, { 'causeway-consistency': 'strong', 'causeway-region': 'us-east-1' })
    expect(at('errors.0.extensions.code')).toBe('STALE_READ')
    expect(eu.seen).toEqual([])
  })
})
