// Who may see and do what, with tokens of an issuer, over HTTP and WebSocket.

import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type ServedCluster, serveCluster } from './cluster.testing.ts'
import { placeOrder, receiveStock, upsertProduct } from './shop.testing.ts'
import { closeClients, openClient } from './subscription.testing.ts'

describe('with tokens of an issuer', () => {
  const secret = 'a shared secret of at least 32 bytes'
  let guarded: ServedCluster
  const token = (sub: string, roles: string[], expiresIn = '1h', audience = 'shop') =>
    new SignJWT({ roles, region: 'us-east-1' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(sub)
      .setIssuer('https://issuer.example')
      .setAudience(audience)
      .setExpirationTime(expiresIn)
      .sign(new TextEncoder().encode(secret))
  const bearer = async (...args: Parameters<typeof token>) => ({ authorization: `Bearer ${await token(...args)}` })

  beforeAll(async () => {
    guarded = await serveCluster(['us-east-1'], {
      auth: { mode: 'jwt', secret, issuer: 'https://issuer.example', audience: 'shop' },
    })
  })
  afterAll(async () => {
    await closeClients()
    await guarded.stop()
  })

  it('no token, an expired one and one for another audience are not let in', async () => {
    const { server } = guarded.at('us-east-1')
    for (const headers of [
      {},
      await bearer('ada', ['staff'], '-1h'),
      await bearer('ada', ['staff'], '1h', 'other'),
      { authorization: 'Bearer x.y.z' },
    ]) {
      const answer = await ask(server, '{ stock(sku: "x") { id } }', {}, headers)
      expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED'])
    }
  })

  it('a customer sees what is theirs and nothing else', async () => {
    const { server } = guarded.at('us-east-1')
    const [staff, ada, bob] = [
      await bearer('eve', ['staff']),
      await bearer('ada', ['customer']),
      await bearer('bob', ['customer']),
    ]
    const product = {
      id: 'p',
      title: 'Mug',
      variants: [{ sku: 'mug', price: { amount: '1.00', currencyCode: 'GBP' } }],
    }
    expect((await ask(server, upsertProduct, { input: product }, ada)).data).toMatchObject({
      upsertProduct: { userErrors: [{ code: 'FORBIDDEN' }] },
    })
    await ask(server, upsertProduct, { input: product }, staff)
    await ask(server, receiveStock, { input: { sku: 'mug', quantity: 5 } }, staff)
    const self = 'mutation ($id: ID!) { upsertCustomer(input: { id: $id, name: "A name" }) { userErrors { code } } }'
    for (const [id, headers] of [
      ['ada', ada],
      ['bob', bob],
    ] as const)
      expect((await ask(server, self, { id }, headers)).data).toEqual({ upsertCustomer: { userErrors: [] } })
    const order = {
      id: 'o-ada',
      customerId: 'ada',
      lines: [{ sku: 'mug', quantity: 1, unitPrice: { amount: '1.00', currencyCode: 'GBP' } }],
    }
    expect((await ask(server, placeOrder, { input: order }, ada)).data).toMatchObject({
      placeOrder: { userErrors: [] },
    })
    const look =
      '{ order(id: "o-ada") { id } node(id: "o-ada") { id } customer(id: "ada") { name } orders { totalCount } }'
    expect((await ask(server, look, {}, ada)).data).toEqual({
      order: { id: 'o-ada' },
      node: { id: 'o-ada' },
      customer: { name: 'A name' },
      orders: { totalCount: 1 },
    })
    expect((await ask(server, look, {}, bob)).data).toEqual({
      order: null,
      node: null,
      customer: null,
      orders: { totalCount: 0 },
    })
    expect((await ask(server, look, {}, staff)).data).toMatchObject({
      orders: { totalCount: 1 },
      customer: { name: 'A name' },
    })
    const others = await ask(server, '{ orders(customerId: "ada") { totalCount } }', {}, bob)
    expect(others.errors[0]?.extensions.code).toBe('FORBIDDEN')
    expect((await ask(server, '{ events { edges { cursor } } }', {}, ada)).errors[0]?.extensions.code).toBe('FORBIDDEN')
    expect((await ask(server, '{ regionStatus { id } }', {}, ada)).errors[0]?.extensions.code).toBe('FORBIDDEN')
  })

  it('what a customer sends back is sold again once staff have taken it in', async () => {
    const { server } = guarded.at('us-east-1')
    const [staff, ada] = [await bearer('eve', ['staff']), await bearer('ada', ['customer'])]
    const ship = 'mutation { shipOrder(input: { id: "o-ada" }) { userErrors { code } } }'
    expect((await ask(server, ship, {}, staff)).data).toEqual({ shipOrder: { userErrors: [] } })
    const back =
      'mutation { returnOrderLines(input: { id: "o-ada", lines: [{ lineId: "1", quantity: 1 }] }) { order { lines { returnedQuantity announcedQuantity } } userErrors { code } } }'
    const available = async () => (await ask(server, '{ stock(sku: "mug") { available } }', {}, staff)).data
    const told = (announcedQuantity: number) => ({
      returnOrderLines: { order: { lines: [{ returnedQuantity: 1, announcedQuantity }] }, userErrors: [] },
    })
    expect((await ask(server, back, {}, ada)).data).toEqual(told(1))
    expect(await available()).toEqual({ stock: { available: 4 } })
    expect((await ask(server, back, {}, staff)).data).toEqual(told(0))
    expect(await available()).toEqual({ stock: { available: 5 } })
  })

  it('a socket says who it is when it connects', async () => {
    const { url } = guarded.at('us-east-1').server
    const open = (params: Record<string, unknown>) =>
      openClient(url, params).iterate({ query: '{ stock(sku: "mug") { sku } }' })
    const { authorization } = await bearer('ada', ['customer'])
    expect((await open({ authorization }).next()).value).toMatchObject({ data: { stock: { sku: 'mug' } } })
    await expect(open({}).next()).rejects.toMatchObject({
      code: 4403,
      reason: expect.stringContaining('UNAUTHENTICATED'),
    })
  })
})
