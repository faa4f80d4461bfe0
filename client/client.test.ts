// The client against a small gateway that keeps keyed outcomes and a numbered log, as the real one does.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { graphql } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { type CausewayClient, type ClientOptions, createClient } from './client.ts'
import { memoryStorage } from './storage/memory.ts'
import { StorageError } from './storage/port.ts'

const typeDefs = `
  scalar CausalToken
  input ReceiveStockInput { idempotencyKey: ID sku: ID! quantity: Int! }
  type Right { region: ID! units: Int! }
  type StockLevel { sku: ID! available: Int! reserved: Int! leased: Int! onHand: Int! rights: [Right!]! updatedAt: String! }
  type UserError { code: String! message: String! field: [String!] sku: ID available: Int }
  type StockPayload { stock: StockLevel causalToken: CausalToken userErrors: [UserError!]! }
  type Query { stock(sku: ID!): StockLevel }
  type Mutation { receiveStock(input: ReceiveStockInput!): StockPayload! }
`

interface Request {
  readonly key: string
  readonly resent: boolean
  readonly authorization: string | undefined
}

/** What becomes of the next mutations; then `answer`. */
type Fate = 'answer' | 'lose the answer' | 'lose the request' | 'say pending' | 'say who are you'

class SmallGateway {
  readonly requests: Request[] = []
  readonly fates: Fate[] = []
  /** Units after each change of the one SKU; the token of a change is its position. */
  readonly log = [0]
  readonly #outcomes = new Map<string, object>()
  readonly #bells = new Set<() => void>()
  #http: Server | null = null
  #sockets: WebSocketServer | null = null
  port = 0

  readonly schema = makeExecutableSchema({
    typeDefs,
    resolvers: {
      Query: { stock: () => this.#level(this.log.length - 1) },
      Mutation: {
        receiveStock: (_: unknown, { input }: { input: { idempotencyKey: string; quantity: number } }) =>
          this.#receive(input),
      },
    },
  })

  async start(): Promise<void> {
    const http = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', async () => {
        const body = JSON.parse(Buffer.concat(parts).toString()) as {
          query: string
          variables: { input?: { idempotencyKey?: string } }
        }
        const key = body.variables.input?.idempotencyKey
        const fate = key === undefined ? 'answer' : (this.fates.shift() ?? 'answer')
        if (key !== undefined) {
          this.requests.push({
            key,
            resent: request.headers['causeway-resent'] === '1',
            authorization: request.headers.authorization,
          })
        }
        if (fate === 'lose the request') return void request.socket.destroy()
        response.setHeader('content-type', 'application/json').setHeader('causeway-region', 'eu-west-1')
        if (fate === 'say who are you') {
          const errors = [{ message: 'your token has expired', extensions: { code: 'UNAUTHENTICATED' } }]
          return void response.end(JSON.stringify({ data: null, errors }))
        }
        if (fate === 'say pending') {
          return void response.end(
            JSON.stringify({ data: null, errors: [{ message: 'ask again', extensions: { code: 'OUTCOME_PENDING' } }] }),
          )
        }
        const result = await graphql({ schema: this.schema, source: body.query, variableValues: body.variables })
        if (fate === 'lose the answer') return void request.socket.destroy()
        response.end(JSON.stringify({ ...result, extensions: { causeway: { token: String(this.log.length - 1) } } }))
      })
    })
    this.#http = http
    this.#sockets = new WebSocketServer({ server: http, path: '/graphql' })
    useServer(
      {
        schema: this.schema,
      },
      this.#sockets,
    )
    await new Promise<void>((resolve) => http.listen(this.port, '127.0.0.1', resolve))
    this.port = (http.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets?.clients ?? []) socket.terminate()
    this.#sockets?.close()
    this.#http?.closeAllConnections()
    await new Promise<void>((resolve) => (this.#http === null ? resolve() : this.#http.close(() => resolve())))
    this.#http = null
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/graphql`
  }

  change(units: number): void {
    this.log.push((this.log.at(-1) ?? 0) + units)
    for (const bell of this.#bells) bell()
  }

  #receive(input: { idempotencyKey: string; quantity: number }): object {
    const known = this.#outcomes.get(input.idempotencyKey)
    if (known !== undefined) return known
    if (input.quantity > 1_000) return { userErrors: [{ code: 'LIMIT_EXCEEDED', message: 'too many' }] }
    this.change(input.quantity)
    const position = this.log.length - 1
    const outcome = { stock: this.#level(position), causalToken: String(position), userErrors: [] }
    this.#outcomes.set(input.idempotencyKey, outcome)
    return outcome
  }

  #level(position: number): object {
    const units = this.log[position] ?? 0
    return {
      sku: 'cup',
      available: units,
      reserved: 0,
      leased: 0,
      onHand: units,
      rights: [],
      updatedAt: String(position),
    }
  }
}

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function gateway(): Promise<SmallGateway> {
  const made = new SmallGateway()
  await made.start()
  ends.push(() => made.stop())
  return made
}

async function open(url: string | readonly string[], options: Partial<ClientOptions> = {}): Promise<CausewayClient> {
  // Waits are shortened, not left out: the order of things stays.
  const after = (delayMs: number, call: () => void) => {
    const timer = setTimeout(call, delayMs / 10)
    return () => clearTimeout(timer)
  }
  const client = await createClient({
    url,
    storage: memoryStorage(),
    webSocket: WebSocket,
    ports: { after },
    ...options,
  })
  ends.push(() => client.close())
  return client
}

describe('the client', () => {
  it('an accepted command says so with its token, and is forgotten once the app has seen it', async () => {
    const server = await gateway()
    const client = await open(server.url)
    const command = await client.receiveStock({ sku: 'cup', quantity: 5 })
    expect(await command.outcome).toMatchObject({ status: 'accepted', token: '1' })
    expect(client.status()).toMatchObject({ connection: 'online', region: 'eu-west-1', pending: 0 })
    await command.acknowledge()
    expect(client.commands()).toEqual([])
  })

  it('a refused command says why, and stays listed until acknowledged', async () => {
    const client = await open((await gateway()).url)
    const command = await client.receiveStock({ sku: 'cup', quantity: 5_000 })
    expect(await command.outcome).toEqual({ status: 'refused', code: 'LIMIT_EXCEEDED', message: 'too many' })
    expect(client.status().refused).toBe(1)
    await client.commands()[0]?.acknowledge()
    expect(client.status().refused).toBe(0)
  })

  it('R2: a command whose answer was lost is sent again under its key, marked, and takes effect once', async () => {
    const server = await gateway()
    server.fates.push('lose the answer', 'lose the request', 'say pending')
    const client = await open(server.url)
    const command = await client.receiveStock({ sku: 'cup', quantity: 5 })
    expect((await command.outcome).status).toBe('accepted')
    expect(server.log).toEqual([0, 5])
    expect(server.requests.map((request) => request.resent)).toEqual([false, true, true, true])
    expect(new Set(server.requests.map((request) => request.key)).size).toBe(1)
  })

  it('what is queued while disconnected leaves in its order on connect', async () => {
    const server = await gateway()
    const client = await open(server.url)
    client.disconnect()
    const commands = [
      await client.receiveStock({ sku: 'cup', quantity: 1 }),
      await client.receiveStock({ sku: 'cup', quantity: 2 }),
    ]
    expect(client.status()).toMatchObject({ connection: 'offline', pending: 2 })
    client.connect()
    await Promise.all(commands.map((command) => command.outcome))
    expect(server.log).toEqual([0, 1, 3])
  })

  it('R9: a client on the same storage goes on with the queue, for the same user alone', async () => {
    const server = await gateway()
    const storage = memoryStorage()
    const first = await open(server.url, { storage, user: 'ada' })
    first.disconnect()
    const abandoned = await first.receiveStock({ sku: 'cup', quantity: 7 })
    await first.close()
    await expect(abandoned.outcome).rejects.toMatchObject({ code: 'CLOSED' })
    const other = await open(server.url, { storage, user: 'bob', token: 'of-bob' })
    expect(other.commands()).toEqual([])
    const second = await open(server.url, { storage, user: 'ada', token: async () => 'of-ada' })
    expect((await second.commands()[0]?.outcome)?.status).toBe('accepted')
    expect(server.requests.map((request) => request.authorization)).toEqual(['Bearer of-ada'])
  })

  it('R5: a token that has expired is asked for anew, and the queue goes on with the next one', async () => {
    const server = await gateway()
    server.fates.push('say who are you')
    const tokens = ['expired', 'renewed']
    let asked = 0
    const client = await open(server.url, { token: async () => tokens[Math.min(asked++, 1)] ?? '' })
    const command = await client.receiveStock({ sku: 'cup', quantity: 5 })
    expect((await command.outcome).status).toBe('accepted')
    expect(server.requests.at(-1)).toMatchObject({ authorization: 'Bearer renewed', resent: false })
    expect(server.log).toEqual([0, 5])
  })

  it('R1: a storage without room says so, nothing is queued, and what was queued before stays', async () => {
    const server = await gateway()
    const storage = memoryStorage()
    let isFull = false
    const client = await open(server.url, {
      storage: {
        async open(user) {
          const opened = await storage.open(user)
          const full = async () => {
            throw new StorageError('FULL', 'no room')
          }
          return {
            load: (range, limit) => opened.load(range, limit),
            close: () => opened.close(),
            commit: (writes) => (isFull ? full() : opened.commit(writes)),
          }
        },
      },
    })
    client.disconnect()
    await client.receiveStock({ sku: 'cup', quantity: 1 })
    isFull = true
    await expect(client.receiveStock({ sku: 'cup', quantity: 2 })).rejects.toMatchObject({ code: 'FULL' })
    await expect(
      client.cart('c1').change((cart) => void Object.assign(cart.lines, { cup: { quantity: 1 } })),
    ).rejects.toMatchObject({ code: 'FULL' })
    expect(client.commands().map(({ input }) => input)).toEqual([{ sku: 'cup', quantity: 1 }])
    expect(client.cart('c1').get()).toBeUndefined()
    isFull = false
    client.connect()
    expect((await client.commands()[0]?.outcome)?.status).toBe('accepted')
  })

  it('R1: what the platform threw away before this visit is told', async () => {
    const { url } = await gateway()
    const storage = memoryStorage()
    expect((await open(url, { storage })).status().wasEvicted).toBe(false)
    const evicted = { open: async (user: string) => Object.assign(await storage.open(user), { wasEvicted: true }) }
    expect((await open(url, { storage: evicted })).status().wasEvicted).toBe(true)
  })

  it('a gateway that does not answer gives way to the next one', async () => {
    const server = await gateway()
    const client = await open(['http://127.0.0.1:9/graphql', server.url])
    expect((await (await client.receiveStock({ sku: 'cup', quantity: 5 })).outcome).status).toBe('accepted')
  })
})
