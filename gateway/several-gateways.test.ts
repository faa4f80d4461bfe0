import { describe, expect, it } from 'vitest'
import { ask, at, follow, gatewayOver, receive, receiveInput, threeRegions } from './fixtures/world.testing.ts'

const titleQuery = '{ product(id: "p1") { title } }'

describe('several gateways over the same regions', () => {
  it('G4: two gateways over the same regions decide each for itself: what one cannot reach, the other goes on using', async () => {
    const regions = await threeRegions()
    const { us, eu, ap } = regions
    const nowhere = 'http://127.0.0.1:9'
    const cutOff = await gatewayOver(regions, {
      id: 'cut-off',
      regions: [{ id: us.id, url: nowhere }, ...[eu, ap].map(({ id, url }) => ({ id, url }))],
    })
    const whole = await gatewayOver(regions, { id: 'whole' })
    const { messages } = follow(whole, 'subscription { regionsChanged { id state } }')
    const statesAt = async (gateway: typeof whole) =>
      (await ask(gateway, '{ regions { id state } }')).at('data.regions')

    await expect.poll(() => statesAt(cutOff)).toContainEqual({ id: 'us-east-1', state: 'UNREACHABLE' })
    expect((await ask(cutOff, titleQuery)).at('data.product.title')).toMatch(/^p1 from (eu|ap)/)
    expect(us.seen).toEqual([])
    expect((await ask(whole, titleQuery)).at('data.product.title')).toBe('p1 from us-east-1')
    expect(await statesAt(whole)).toEqual(
      ['ap-south-1', 'eu-west-1', 'us-east-1'].map((id) => ({ id, state: 'HEALTHY' })),
    )

    await cutOff.close()
    expect((await ask(whole, titleQuery)).at('data.product.title')).toBe('p1 from us-east-1')
    const told = messages.map((message) => JSON.stringify(at(message, 'data.regionsChanged')))
    expect(told.length).toBeGreaterThan(0)
    expect(told.filter((regions) => regions.includes('UNREACHABLE'))).toEqual([])
  })

  it('G4: a command that a gateway took with it when it closed reaches the regions through another, with the same key', async () => {
    const regions = await threeRegions()
    const { us } = regions
    const [first, second] = [await gatewayOver(regions), await gatewayOver(regions)]
    us.behaviour = () => 'hang'
    const unanswered = ask(first, receive, receiveInput, { 'idempotency-key': 'receipt-1' }).then(
      () => 'answered',
      () => 'broken off',
    )
    await expect.poll(() => us.seen.length).toBe(1)
    await first.close()
    expect(await unanswered).toBe('broken off')

    us.behaviour = () => 'answer'
    const reply = await ask(second, receive, receiveInput, { 'idempotency-key': 'receipt-1', 'causeway-resent': '1' })
    expect(reply.body).toEqual({ data: { receiveStock: { stock: { sku: 's1' }, userErrors: [] } } })
    expect(us.seen.map(({ headers }) => [headers['idempotency-key'], headers['causeway-resent']])).toEqual([
      ['receipt-1', undefined],
      ['receipt-1', '1'],
    ])
  })
})
