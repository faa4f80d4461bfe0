// A till whose lease went with the disk of the region that lent it: no region knows it, and the app is told.

import { afterEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type CausewayClient, createClient } from '../client.ts'
import { type ClientPorts, platformPorts } from '../ports.ts'
import { memoryStorage } from '../storage/memory.ts'
import { maximumUnknown } from './sending.ts'

const open: CausewayClient[] = []
afterEach(async () => {
  for (const client of open.splice(0)) await client.close()
})

type Answer = (name: string, input: Readonly<Record<string, unknown>>) => object | null

/** Time runs a hundred times as fast. */
const haste = 100

/** A gateway as a function; null: the answer is lost. */
async function till(answer: Answer): Promise<CausewayClient> {
  const real = platformPorts()
  const startedAt = real.now()
  const ports: Partial<ClientPorts> = {
    now: () => startedAt + (real.now() - startedAt) * haste,
    uptime: () => real.uptime() * haste,
    after: (delayMs, call) => real.after(delayMs / haste, call),
    fetch: async (_, init) => {
      const { query, variables } = JSON.parse(String(init?.body)) as { query: string; variables: { input?: object } }
      const name = /\) \{ (\w+)\(/.exec(query)?.[1]
      if (name === undefined) return Response.json({ data: { __typename: 'Query' } })
      const said = answer(name, variables.input as Readonly<Record<string, unknown>>)
      if (said === null) throw new TypeError('the answer was lost')
      return Response.json({ data: { [name]: { causalToken: null, userErrors: [], ...said } } })
    },
  }
  const client = await createClient({
    url: 'http://till.test/graphql',
    storage: memoryStorage(),
    webSocket: WebSocket,
    ports,
  })
  open.push(client)
  await expect.poll(() => client.status().connection).toBe('online')
  return client
}

const lent = (sku: unknown, quantity: unknown) => {
  const [opensAt, expiresAt] = [Date.now(), Date.now() + 3_600_000].map((ms) => new Date(ms).toISOString())
  return { lease: { id: `lease-${'a'.repeat(26)}`, sku, quantity, opensAt, expiresAt } }
}
const unknown = { userErrors: [{ code: 'NOT_FOUND', message: 'not known here yet', field: ['leases', '0', 'id'] }] }
const sale = (id: string, sku: string) => ({ id, lines: [{ sku, quantity: 1 }] })

it('S6, R2: an order from a lease that no region knows is told so after a bounded while, and holds up nothing else', async () => {
  const asked: string[] = []
  let isLost = true
  const client = await till((name, input) => {
    if (name === 'leaseStock') return lent(input.sku, input.quantity)
    asked.push(String(input.id))
    if (!('leases' in input)) return {}
    if (!isLost) return unknown
    isLost = false
    return null
  })
  await client.lease({ sku: 'mug', quantity: 5, minutes: 60 })
  const [first, second] = [
    await client.placeOrder(sale('first', 'mug')),
    await client.placeOrder(sale('second', 'mug')),
  ]
  const other = await client.placeOrder(sale('other', 'cup'))
  expect((await other.outcome).status).toBe('accepted')
  expect(first.state).not.toBe('settled')
  const told = { status: 'refused', code: 'LEASE_UNKNOWN', message: expect.stringContaining('No region knows lease') }
  expect(await first.outcome).toMatchObject(told)
  expect(await second.outcome).toMatchObject(told)
  expect(asked.filter((id) => id === 'first')).toHaveLength(maximumUnknown + 1)
  // It is known by then.
  expect(asked.filter((id) => id === 'second')).toHaveLength(1)
  await expect.poll(() => client.leases()).toEqual([])
})
