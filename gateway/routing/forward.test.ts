import { describe, expect, it } from 'vitest'
import { ask, receive, receiveInput, regionIds, world } from '../fixtures/world.testing.ts'

describe('a region that dies', () => {
  it('G2: a keyed command is taken to the next region once, with the same key, marked as resent', async () => {
    const { gateway, us, eu, ap } = await world()
    us.behaviour = () => 'drop'
    const { at } = await ask(gateway, receive, receiveInput)
    expect(at('data.receiveStock.userErrors')).toEqual([])
    const [first] = us.seen
    const next = [...eu.seen, ...ap.seen]
    expect(us.seen).toHaveLength(1)
    expect(next).toHaveLength(1)
    expect(first?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/)
    expect(next[0]?.headers['idempotency-key']).toBe(first?.headers['idempotency-key'])
    expect(first?.headers['causeway-resent']).toBeUndefined()
    expect(next[0]?.headers['causeway-resent']).toBe('1')
  })

  it('G2: what never reached a region is not marked as resent', async () => {
    const { gateway, us, eu, ap } = await world()
    await us.kill()
    const { at } = await ask(gateway, receive, receiveInput, { 'idempotency-key': 'mine' })
    expect(at('errors')).toBeUndefined()
    const next = [...eu.seen, ...ap.seen]
    expect(next).toHaveLength(1)
    expect(next[0]?.headers['causeway-resent']).toBeUndefined()
    expect(next[0]?.headers['idempotency-key']).toBe('mine')
  })

  it('G2: no command goes out without a key, but orders, which their own id makes safe', async () => {
    const { gateway, us } = await world()
    await ask(gateway, receive, receiveInput)
    await ask(gateway, 'mutation { placeOrder(input: { id: "o1", lines: [] }) { userErrors { code } } }')
    await ask(
      gateway,
      `mutation { placeOrder(input: { id: "o2", lines: [] }) { userErrors { code } }
      receiveStock(input: { sku: "s", quantity: 1 }) { userErrors { code } } }`,
    )
    expect(us.seen.map((request) => request.headers['idempotency-key'] !== undefined)).toEqual([true, false, true])
  })

  it('G2: a region that hangs is left for the next within the deadline', async () => {
    const { gateway, us } = await world()
    us.behaviour = () => 'hang'
    const { at } = await ask(gateway, '{ product(id: "p1") { title } }')
    expect(at('data.product.title')).toMatch(/^p1 from (eu|ap)/)
  })

  it("G2: a caller's own deadline is kept, and told to the region; a wrong one is said to be wrong", async () => {
    const { gateway, us, eu, ap } = await world()
    const query = '{ product(id: "p1") { title } }'
    for (const region of [us, eu, ap]) region.behaviour = () => 'hang'
    const startedAt = Date.now()
    const late = await ask(gateway, query, {}, { 'causeway-deadline': '300' })
    expect(late.at('errors.0.extensions.code')).toBe('REGION_UNAVAILABLE')
    expect(Date.now() - startedAt).toBeLessThan(2_000)
    expect(Number(us.seen[0]?.headers['causeway-deadline'])).toBeLessThanOrEqual(300)
    for (const wrong of ['0', '-5', 'soon']) {
      const refused = await ask(gateway, query, {}, { 'causeway-deadline': wrong })
      expect(refused.at('errors.0')).toMatchObject({
        message: expect.stringContaining('causeway-deadline'),
        extensions: { code: 'BAD_USER_INPUT' },
      })
    }
    expect(us.seen).toHaveLength(1)
  })

  it('G1: a caller who leaves regions no time makes none of them look ill', async () => {
    const { gateway, us, eu, ap } = await world()
    for (const region of [us, eu, ap]) region.behaviour = () => 'hang'
    for (let call = 0; call < 12; call += 1)
      await ask(gateway, '{ product(id: "p1") { title } }', {}, { 'causeway-deadline': '20' })
    const regions = await ask(gateway, '{ regions { state } }')
    expect(regions.at('data.regions')).toEqual([{ state: 'HEALTHY' }, { state: 'HEALTHY' }, { state: 'HEALTHY' }])
  })

  it('G2: a write that is to wait for other regions is given the time that its caller asked for', async () => {
    const { gateway, us } = await world()
    await ask(gateway, receive, receiveInput, { 'causeway-durability': '3;ms=7000' })
    const givenMs = Number(us.seen[0]?.headers['causeway-deadline'])
    expect(givenMs).toBeGreaterThan(7_000)
    expect(givenMs).toBeLessThanOrEqual(10_000)
  })

  it('G2: a region that says "not me" is left for the next', async () => {
    const { gateway, us } = await world()
    const errors = [{ message: 'the database is away', extensions: { code: 'REGION_UNAVAILABLE' } }]
    us.behaviour = () => ({ status: 200, body: { data: { product: null }, errors } })
    expect((await ask(gateway, '{ product(id: "p1") { title } }')).at('data.product.title')).toMatch(/^p1 from (eu|ap)/)
    us.behaviour = () => ({ status: 503, body: {} })
    expect((await ask(gateway, '{ product(id: "p1") { title } }')).at('data.product.title')).toMatch(/^p1 from (eu|ap)/)
  })

  it("I3, I4: a caller's own mark of a command that is sent again travels to the region", async () => {
    const { gateway, us, eu, ap } = await world()
    const again = { 'idempotency-key': 'mine', 'causeway-resent': '1' }
    await ask(gateway, receive, receiveInput, again)
    await ask(gateway, receive, receiveInput, { 'idempotency-key': 'other' })
    expect(us.seen.map((request) => request.headers['causeway-resent'])).toEqual(['1', undefined])
    us.behaviour = () => 'drop'
    await ask(gateway, receive, receiveInput, again)
    expect([...eu.seen, ...ap.seen].map((request) => request.headers['causeway-resent'])).toEqual(['1'])
  })

  it("I4: what a caller says was not sent before is marked all the same by a gateway's own resend", async () => {
    const { gateway, us, eu, ap } = await world()
    us.behaviour = () => 'drop'
    await ask(gateway, receive, receiveInput, { 'causeway-resent': '0' })
    expect([...us.seen, ...eu.seen, ...ap.seen].map((request) => request.headers['causeway-resent'])).toEqual([
      '0',
      '1',
    ])
  })

  it('I3: an outcome that is not final is asked for again with the same key, and passed on when time runs out', async () => {
    const { gateway, us } = await world({ deadlineMs: 1_500 })
    const pending = { data: null, errors: [{ message: 'not yet', extensions: { code: 'OUTCOME_PENDING' } }] }
    us.behaviour = () => (us.seen.length < 3 ? { status: 200, body: pending } : 'answer')
    expect((await ask(gateway, receive, receiveInput)).at('errors')).toBeUndefined()
    expect(new Set(us.seen.map((request) => request.headers['idempotency-key'])).size).toBe(1)
    us.behaviour = () => ({ status: 200, body: pending })
    expect((await ask(gateway, receive, receiveInput)).at('errors.0.extensions.code')).toBe('OUTCOME_PENDING')
  })

  it('with no region left the answer names each and why', async () => {
    const { gateway, us, eu, ap } = await world()
    await Promise.all([us.kill(), eu.kill(), ap.kill()])
    const { status, at } = await ask(gateway, '{ product(id: "p1") { title } }')
    expect(status).toBe(200)
    expect(at('errors.0.extensions.code')).toBe('REGION_UNAVAILABLE')
    for (const id of regionIds) expect(at('errors.0.message')).toContain(`${id} refuses connections`)
    await expect.poll(async () => (await fetch(`${gateway.url}/health/ready`)).status).toBe(503)
  })
})
