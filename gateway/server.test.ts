import { createClient } from 'graphql-ws'
import { SignJWT } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { ask, at, socketUrl, world } from './fixtures/world.testing.ts'
import { startGateway } from './server.ts'

describe('bad input', () => {
  it('is told from what is wrong with it', async () => {
    const { gateway } = await world()
    const post = (body: string, type = 'application/json') =>
      fetch(`${gateway.url}/graphql`, { method: 'POST', body, headers: { 'content-type': type } })
    const large = await post(JSON.stringify({ query: 'x'.repeat(4 * 1024 * 1024) }))
    expect(large.status).toBe(413)
    expect(at(await large.json(), 'errors.0.message')).toMatch(/4194304 bytes/)
    const malformed = await post('{"query": ')
    expect(malformed.status).toBe(400)
    expect(at(await malformed.json(), 'errors.0.message')).toMatch(/not JSON/)
    expect((await post('{"query": 5}')).status).toBe(400)
    expect((await post('[]')).status).toBe(400)
    const plain = await post('{"query":"{__typename}"}', 'text/plain')
    expect(plain.status).toBe(415)
    expect(at(await plain.json(), 'errors.0')).toMatchObject({
      message: expect.stringContaining('content-type: application/json'),
      extensions: { code: 'BAD_USER_INPUT' },
    })
    expect((await post('{"query":"{__typename}"}', 'application/graphql+json')).status).toBe(200)
    const deep = `{ product(id: "p") { ${'variants { product { '.repeat(8)} id ${'} } '.repeat(8)} } }`
    const refused = await ask(gateway, deep)
    expect([refused.status, refused.at('errors.0.extensions.code')]).toEqual([200, 'COST_LIMIT'])
    const page = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers: { origin: 'https://evil.example' } })
    expect(page.status).toBe(403)
  })

  it('an operation without end is refused by the bound that it is over, and no region is asked', async () => {
    const { gateway, us } = await world()
    const bomb = Array.from({ length: 20 }, (_, n) => `fragment f${n} on Query { ...f${n + 1} ... { ...f${n + 1} } }`)
    const cases: readonly (readonly [string, RegExp])[] = [
      [
        `{ node(id: "x") ${'{ node '.repeat(2_000)} id ${'}'.repeat(2_000)} }`,
        /nests brackets 2\d\d\d deep; 64 is the limit/,
      ],
      [`{ product(id: ${'['.repeat(2_000)}${']'.repeat(2_000)}) { id } }`, /64 is the limit/],
      [`{ ${'__typename '.repeat(20_000)} }`, /more than 15000 tokens/],
      [`{ ...f0 } ${bomb.join('\n')} fragment f20 on Query { __typename }`, /more than 20000 selections/],
    ]
    const url = socketUrl(gateway)
    const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 })
    onTestFinished(() => client.dispose())
    for (const [query, words] of cases) {
      const refused = await ask(gateway, query)
      expect([refused.status, refused.at('errors.0.extensions.code')]).toEqual([200, 'COST_LIMIT'])
      expect(refused.at('errors.0.message')).toMatch(words)
      await expect(client.iterate({ query }).next()).rejects.toMatchObject([
        { message: expect.stringMatching(words), extensions: { code: 'COST_LIMIT' } },
      ])
    }
    const variables = { id: JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`) }
    const deep = client.iterate({ query: 'query ($id: ID!) { product(id: $id) { id } }', variables })
    await expect(deep.next()).rejects.toMatchObject([
      { message: expect.stringContaining('64 levels deep'), extensions: { code: 'COST_LIMIT' } },
    ])
    expect(us.seen).toEqual([])
  })

  it('development mode refuses to listen beyond this machine, and a port in use is named', async () => {
    const { gateway, us } = await world()
    const options = { regions: [{ id: us.id, url: us.url }], auth: { mode: 'development' } } as const
    await expect(startGateway({ ...options, listen: { host: '0.0.0.0', port: 0 } })).rejects.toThrow(
      /refuses to listen/,
    )
    await expect(startGateway({ ...options, listen: { host: '127.0.0.1', port: gateway.port } })).rejects.toThrow(
      new RegExp(`port ${gateway.port} .* is in use`),
    )
  })
})

describe('with tokens', () => {
  const secret = 'a secret that is long enough to be one'
  const token = async (roles: string[]) => {
    const jwt = new SignJWT({ sub: 'ann', roles }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('5m')
    return `Bearer ${await jwt.sign(new TextEncoder().encode(secret))}`
  }

  it('nobody is answered without one, regions get it too, and only operators pin', async () => {
    const { gateway, us } = await world({ auth: { mode: 'jwt', secret } })
    const query = '{ product(id: "p1") { id } }'
    const without = await ask(gateway, query)
    expect([without.status, without.at('errors.0.extensions.code')]).toEqual([401, 'UNAUTHENTICATED'])
    const authorization = await token(['customer'])
    expect((await ask(gateway, query, {}, { authorization })).at('data.product.id')).toBe('p1')
    expect(us.seen.map((request) => request.headers.authorization)).toEqual([authorization])
    const pinned = await ask(gateway, query, {}, { authorization, 'causeway-region': 'eu-west-1' })
    expect(pinned.at('errors.0.extensions.code')).toBe('FORBIDDEN')
  })

  it('a WebSocket brings its token in the parameters of the connection', async () => {
    const { gateway } = await world({ auth: { mode: 'jwt', secret } })
    const url = socketUrl(gateway)
    const once = async (connectionParams: Record<string, unknown>) => {
      const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams })
      onTestFinished(() => client.terminate())
      for await (const message of client.iterate({ query: '{ product(id: "p1") { id } }' })) return message
      return undefined
    }
    await expect(once({})).rejects.toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    expect(await once({ Authorization: await token(['staff']) })).toMatchObject({ data: { product: { id: 'p1' } } })
  })
})
