import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeToken } from '@causeway/schema/clock/causal-token'
import { createClient } from 'graphql-ws'
import { SignJWT } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type FakeRegion, sharedLog, startFakeRegion } from './fixtures/fake-region.ts'
import type { Gateway, GatewayOptions } from './options.ts'
import { startGateway } from './server.ts'

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

const ids = ['us-east-1', 'eu-west-1', 'ap-south-1'] as const

interface World {
  readonly gateway: Gateway
  readonly us: FakeRegion
  readonly eu: FakeRegion
  readonly ap: FakeRegion
}

async function world(changes: Partial<GatewayOptions> = {}): Promise<World> {
  const log = sharedLog()
  const [us, eu, ap] = await Promise.all([
    startFakeRegion(ids[0], log),
    startFakeRegion(ids[1], log),
    startFakeRegion(ids[2], log),
  ])
  const regions = [us, eu, ap]
  for (const region of regions) open.push(() => region.kill().catch(() => {}))
  const gateway = await startGateway({
    listen: { host: '127.0.0.1', port: 0 },
    region: us.id,
    regions: regions.map(({ id, url }) => ({ id, url })),
    auth: { mode: 'development' },
    attemptMs: 500,
    probeEveryMs: 100,
    ...changes,
  })
  open.push(() => gateway.close())
  return { gateway, us, eu, ap }
}

interface Reply {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
  readonly body: any
}

async function ask(
  gateway: Gateway,
  query: string,
  variables: object = {},
  headers: Record<string, string> = {},
): Promise<Reply> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

const receive =
  'mutation Receive($input: ReceiveStockInput!) { receiveStock(input: $input) { stock { sku } userErrors { code } } }'
const receiveInput = { input: { sku: 's1', quantity: 2 } }

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
    expect(reply.body.data.products.edges).toHaveLength(4_000)
  })

  it('operators may pin a region; a pinned region that is down is named', async () => {
    const { gateway, eu } = await world()
    const pin = { 'causeway-region': 'eu-west-1' }
    expect((await ask(gateway, '{ product(id: "p1") { title } }', {}, pin)).body.data.product.title).toBe(
      'p1 from eu-west-1',
    )
    await eu.kill()
    const { body } = await ask(gateway, '{ product(id: "p1") { title } }', {}, pin)
    expect(body.errors[0].extensions.code).toBe('REGION_UNAVAILABLE')
    expect(body.errors[0].message).toMatch(/eu-west-1.*refuses connections/)
    const unknown = await ask(gateway, '{ product(id: "p1") { title } }', {}, { 'causeway-region': 'mars-1' })
    expect(unknown.body.errors[0].message).toMatch(/There is no region mars-1/)
  })
})

describe('a region that dies', () => {
  it('G2: a keyed command is taken to the next region once, with the same key, marked as resent', async () => {
    const { gateway, us, eu, ap } = await world()
    us.behaviour = () => 'drop'
    const { body } = await ask(gateway, receive, receiveInput)
    expect(body.data.receiveStock.userErrors).toEqual([])
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
    const { body } = await ask(gateway, receive, receiveInput, { 'idempotency-key': 'mine' })
    expect(body.errors).toBeUndefined()
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
    const { body } = await ask(gateway, '{ product(id: "p1") { title } }')
    expect(body.data.product.title).toMatch(/^p1 from (eu|ap)/)
  })

  it('G2: a region that says "not me" is left for the next', async () => {
    const { gateway, us } = await world()
    const errors = [{ message: 'the database is away', extensions: { code: 'REGION_UNAVAILABLE' } }]
    us.behaviour = () => ({ status: 200, body: { data: { product: null }, errors } })
    expect((await ask(gateway, '{ product(id: "p1") { title } }')).body.data.product.title).toMatch(/^p1 from (eu|ap)/)
    us.behaviour = () => ({ status: 503, body: {} })
    expect((await ask(gateway, '{ product(id: "p1") { title } }')).body.data.product.title).toMatch(/^p1 from (eu|ap)/)
  })

  it('I3: an outcome that is not final is asked for again with the same key, and passed on when time runs out', async () => {
    const { gateway, us } = await world({ deadlineMs: 1_500 })
    const pending = { data: null, errors: [{ message: 'not yet', extensions: { code: 'OUTCOME_PENDING' } }] }
    us.behaviour = () => (us.seen.length < 3 ? { status: 200, body: pending } : 'answer')
    expect((await ask(gateway, receive, receiveInput)).body.errors).toBeUndefined()
    expect(new Set(us.seen.map((request) => request.headers['idempotency-key'])).size).toBe(1)
    us.behaviour = () => ({ status: 200, body: pending })
    expect((await ask(gateway, receive, receiveInput)).body.errors[0].extensions.code).toBe('OUTCOME_PENDING')
  })

  it('with no region left the answer names each and why', async () => {
    const { gateway, us, eu, ap } = await world()
    await Promise.all([us.kill(), eu.kill(), ap.kill()])
    const { status, body } = await ask(gateway, '{ product(id: "p1") { title } }')
    expect(status).toBe(200)
    expect(body.errors[0].extensions.code).toBe('REGION_UNAVAILABLE')
    for (const id of ids) expect(body.errors[0].message).toContain(`${id} refuses connections`)
    await expect.poll(async () => (await fetch(`${gateway.url}/health/ready`)).status).toBe(503)
  })
})

describe('operations that need more than one placement', () => {
  it("a customer's name comes from the home region, and the rest from the nearest", async () => {
    const { gateway, us, eu } = await world()
    const { body, headers } = await ask(gateway, '{ customer(id: "eu-west-1:ann") { id homeRegion name } }')
    expect(body.data.customer).toEqual({ id: 'eu-west-1:ann', homeRegion: 'eu-west-1', name: 'Name of eu-west-1:ann' })
    expect([us.seen.length, eu.seen.length]).toEqual([1, 1])
    expect(headers.get('causeway-region')).toBe('us-east-1, eu-west-1')
    expect(decodeToken(headers.get('causeway-token') ?? '')).toEqual({ 'us-east-1': 1, 'eu-west-1': 1 })
    expect(body.extensions.causeway.token).toBe(headers.get('causeway-token'))
  })

  it('a home that cannot be reached nulls only what is personal, and says so at its path', async () => {
    const { gateway, eu } = await world()
    await eu.kill()
    const { body } = await ask(
      gateway,
      '{ a: customer(id: "eu-west-1:ann") { id name } b: customer(id: "ap-south-1:bo") { name } }',
    )
    expect(body.data).toEqual({ a: { id: 'eu-west-1:ann', name: null }, b: { name: 'Name of ap-south-1:bo' } })
    expect(body.errors).toHaveLength(1)
    expect(body.errors[0]).toMatchObject({ path: ['a', 'name'], extensions: { code: 'HOME_UNREACHABLE' } })
  })

  it('a command on what is personal goes whole to its home, stated or looked up', async () => {
    const { gateway, us, eu, ap } = await world()
    const upsert = 'mutation U($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { customer { name } } }'
    await ask(gateway, upsert, { input: { id: 'x', homeRegion: 'ap-south-1' } })
    expect(ap.seen).toHaveLength(1)
    const { body } = await ask(gateway, upsert, { input: { id: 'eu-west-1:ann', name: 'Ann' } })
    expect(body.data.upsertCustomer.customer.name).toBe('Name of eu-west-1:ann')
    expect([us.seen.length, eu.seen.length]).toEqual([1, 1])
    await ap.kill()
    const gone = await ask(gateway, upsert, { input: { id: 'x', homeRegion: 'ap-south-1' } })
    expect(gone.body.errors[0].extensions.code).toBe('HOME_UNREACHABLE')
  })

  it('commands on customers of several homes, in one operation, each go home with a key of their own', async () => {
    const { gateway, us, eu, ap } = await world()
    const { body } = await ask(
      gateway,
      `mutation { a: upsertCustomer(input: { id: "eu-west-1:ann" }) { customer { name } }
        b: upsertCustomer(input: { id: "bo", homeRegion: "ap-south-1" }) { customer { id } }
        receiveStock(input: { sku: "s", quantity: 1 }) { userErrors { code } } }`,
      {},
      { 'idempotency-key': '"k"' },
    )
    expect(body.data).toMatchObject({
      a: { customer: { name: 'Name of eu-west-1:ann' } },
      b: { customer: { id: 'bo' } },
    })
    const keys = [us, eu, ap].flatMap((region) => region.seen.filter((one) => one.query.startsWith('mutation')))
    expect(keys.map((one) => one.headers['idempotency-key'])).toEqual(['k/receiveStock', 'k/a', 'k/b'])
  })

  it('G1: regions are answered by the gateway, beside fields of a region', async () => {
    const { gateway, us, ap } = await world()
    await ap.kill()
    us.ready = false
    await expect
      .poll(
        async () => (await ask(gateway, '{ regions { id state reason digest } product(id: "p") { id } }')).body.data,
      )
      .toMatchObject({
        regions: [
          { id: 'ap-south-1', state: 'UNREACHABLE', reason: 'refuses connections', digest: null },
          { id: 'eu-west-1', state: 'HEALTHY', digest: 'd1'.repeat(32) },
          { id: 'us-east-1', state: 'UNREACHABLE', reason: 'says it is not ready: its database is away' },
        ],
        product: { id: 'p' },
      })
  })

  it("introspection and wrong operations are answered in GraphQL's own words, without asking a region", async () => {
    const { gateway, us } = await world()
    const types = await ask(gateway, '{ __schema { queryType { name } } __type(name: "Region") { name } }')
    expect(types.body.data).toEqual({ __schema: { queryType: { name: 'Query' } }, __type: { name: 'Region' } })
    const wrong = await ask(gateway, '{ produkt }')
    expect(wrong.body.errors[0].message).toMatch(/Cannot query field "produkt"/)
    expect((await ask(gateway, '{ product(')).body.errors[0].message).toMatch(/Syntax Error/)
    expect(us.seen).toHaveLength(0)
  })
})

describe('subscriptions', () => {
  function follow(gateway: Gateway, query: string) {
    const client = createClient({
      url: `${gateway.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    })
    open.push(async () => client.terminate())
    // biome-ignore lint/suspicious/noExplicitAny: messages are looked into freely
    const messages: any[] = []
    let error: unknown
    client.subscribe(
      { query },
      { next: (message) => messages.push(message), error: (why) => (error = why), complete: () => {} },
    )
    return { messages, error: () => error, client }
  }

  it('pass through with the token of each message', async () => {
    const { gateway, us } = await world()
    const { messages } = follow(gateway, 'subscription { events { sequence originRegion } }')
    await expect.poll(() => gatewaySubscriptions(gateway)).toBe(1)
    await pushUntilSeen(us, messages)
    expect(messages[0].data.events.originRegion).toBe('us-east-1')
    expect(decodeToken(messages[0].extensions.causeway.token)).toEqual({ log: messages[0].data.events.sequence })
  })

  it('G3: a subscription whose region dies goes on in another without a gap or a repeat', async () => {
    const { gateway, us, eu } = await world()
    const { messages, error } = follow(gateway, 'subscription { events { sequence originRegion } }')
    await pushUntilSeen(us, messages)
    const first = messages[0].data.events.sequence
    let last = messages.at(-1).data.events.sequence
    last = await publishMore(us, last, 50)
    await expect.poll(() => messages.length).toBeGreaterThan(20)
    await us.kill()
    last = await publishMore(eu, last, 50)
    await expect.poll(() => messages.at(-1).data.events.sequence).toBe(last)
    const sequences = messages.map((message) => message.data.events.sequence)
    expect(sequences).toEqual(Array.from({ length: last - first + 1 }, (_, index) => first + index))
    expect(messages.at(-1).data.events.originRegion).not.toBe('us-east-1')
    expect(error()).toBeUndefined()
  })

  it('regionsChanged tells of a region that is lost', async () => {
    const { gateway, eu } = await world()
    const { messages } = follow(gateway, 'subscription { regionsChanged { id state } }')
    await expect.poll(() => messages.length).toBeGreaterThan(0)
    await eu.kill()
    await expect
      .poll(() => messages.at(-1)?.data.regionsChanged, { timeout: 5_000 })
      .toContainEqual({ id: 'eu-west-1', state: 'UNREACHABLE' })
  })

  it('queries and errors travel over WebSocket too', async () => {
    const { gateway } = await world()
    const { messages } = follow(gateway, '{ product(id: "p1") { id } regions { id } }')
    await expect.poll(() => messages[0]?.data.product).toEqual({ id: 'p1' })
    const wrong = follow(gateway, 'subscription { nothing }')
    await expect.poll(() => JSON.stringify(wrong.error() ?? wrong.messages)).toContain('Cannot query field')
  })

  it('travel as server-sent events', async () => {
    const { gateway, us } = await world()
    const left = new AbortController()
    const query = encodeURIComponent('subscription { events { sequence } }')
    const response = await fetch(`${gateway.url}/graphql?query=${query}`, {
      headers: { accept: 'text/event-stream' },
      signal: left.signal,
    })
    expect(response.headers.get('content-type')).toMatch('text/event-stream')
    const seen: string[] = []
    const reader = (async () => {
      for await (const chunk of response.body ?? []) seen.push(Buffer.from(chunk).toString())
    })().catch(() => {})
    await pushUntilSeen(us, () => seen.join('').includes('"sequence"'))
    expect(seen.join('')).toContain('event: next')
    left.abort()
    await reader
    await expect.poll(() => gatewaySubscriptions(gateway)).toBe(0)
  })

  it('a query as server-sent events is one next and one complete', async () => {
    const { gateway } = await world()
    const query = encodeURIComponent('{ product(id: "p1") { id } }')
    const response = await fetch(`${gateway.url}/graphql?query=${query}`, { headers: { accept: 'text/event-stream' } })
    expect(await response.text()).toMatch(/event: next\ndata: .*"p1".*\n\nevent: complete/)
  })
})

let published = 0
async function pushUntilSeen(region: FakeRegion, seen: unknown[] | (() => boolean)): Promise<void> {
  published = 0
  const isSeen = () => (typeof seen === 'function' ? seen() : seen.length > 0)
  await expect
    .poll(
      () => {
        if (!isSeen()) region.publish(++published)
        return isSeen()
      },
      { timeout: 10_000 },
    )
    .toBe(true)
}

async function publishMore(region: FakeRegion, _last: number, count: number): Promise<number> {
  for (let index = 0; index < count; index++) region.publish(++published)
  return published
}

async function gatewaySubscriptions(gateway: Gateway): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text()
  return Number(/^causeway_gateway_subscriptions (\d+)$/m.exec(text)?.[1])
}

describe('bad input', () => {
  it('is told from what is wrong with it', async () => {
    const { gateway } = await world()
    const post = (body: string, type = 'application/json') =>
      fetch(`${gateway.url}/graphql`, { method: 'POST', body, headers: { 'content-type': type } })
    const large = await post(JSON.stringify({ query: 'x'.repeat(4 * 1024 * 1024) }))
    expect(large.status).toBe(413)
    expect((await large.json()).errors[0].message).toMatch(/4194304 bytes/)
    const malformed = await post('{"query": ')
    expect(malformed.status).toBe(400)
    expect((await malformed.json()).errors[0].message).toMatch(/not JSON/)
    expect((await post('{"query": 5}')).status).toBe(400)
    expect((await post('[]')).status).toBe(400)
    expect((await post('{"query":"{__typename}"}', 'text/plain')).status).toBe(400)
    const deep = `{ product(id: "p") { ${'variants { product { '.repeat(8)} id ${'} } '.repeat(8)} } }`
    expect((await ask(gateway, deep)).body.errors[0]).toMatchObject({ extensions: { code: 'COST_LIMIT' } })
    const page = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers: { origin: 'https://evil.example' } })
    expect(page.status).toBe(403)
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
    expect([without.status, without.body.errors[0].extensions.code]).toEqual([401, 'UNAUTHENTICATED'])
    const authorization = await token(['customer'])
    expect((await ask(gateway, query, {}, { authorization })).body.data.product.id).toBe('p1')
    expect(us.seen.map((request) => request.headers.authorization)).toEqual([authorization])
    const pinned = await ask(gateway, query, {}, { authorization, 'causeway-region': 'eu-west-1' })
    expect(pinned.body.errors[0].extensions.code).toBe('FORBIDDEN')
  })

  it('a WebSocket brings its token in the parameters of the connection', async () => {
    const { gateway } = await world({ auth: { mode: 'jwt', secret } })
    const url = `${gateway.url.replace('http', 'ws')}/graphql`
    const once = async (connectionParams: Record<string, unknown>) => {
      const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams })
      open.push(async () => client.terminate())
      for await (const message of client.iterate({ query: '{ product(id: "p1") { id } }' })) return message
      return undefined
    }
    await expect(once({})).rejects.toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    expect(await once({ Authorization: await token(['staff']) })).toMatchObject({ data: { product: { id: 'p1' } } })
  })
})

describe("a user's own subgraph", () => {
  const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
    type Product @key(fields: "id") { id: ID! stars: Float }`

  it('adds fields to entities, asked at the nearest region that has it', async () => {
    const asked: string[] = []
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString())
      asked.push(query)
      const entities = variables?.representations?.map(({ id }: { id: string }) => ({
        __typename: 'Product',
        stars: id.length,
      }))
      response.end(
        JSON.stringify({ data: query.includes('_service') ? { _service: { sdl } } : { _entities: entities } }),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    open.push(async () => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
    const urls = { 'us-east-1': 'http://127.0.0.1:9/graphql', 'eu-west-1': url }
    const { gateway } = await world({ subgraphs: [{ name: 'reviews', urls }] })
    const { body } = await ask(gateway, '{ product(id: "lamp") { title stars } }')
    expect(body.data.product).toEqual({ title: 'lamp from us-east-1', stars: 4 })
    expect(asked).toHaveLength(2)
  })

  it('that tells no SDL, or does not compose, stops the start with its name', async () => {
    await expect(world({ subgraphs: [{ name: 'reviews', urls: { a: 'http://127.0.0.1:9/' } }] })).rejects.toThrow(
      /"reviews"/,
    )
  })
})
