// A till on a gateway that is a function, in hasty time: what leases come to where a region, or the storage, fails them.

import { expect } from 'vitest'
import { WebSocket } from 'ws'
import { type CausewayClient, createClient } from '../client.ts'
import { type ClientPorts, platformPorts } from '../ports.ts'
import { memoryStorage } from '../storage/memory.ts'
import type { ClientStorage } from '../storage/port.ts'

/** Null: the answer is lost. */
export type Answer = (name: string, input: Readonly<Record<string, unknown>>) => object | null

/** Time runs a hundred times as fast. */
const haste = 100

export async function openTill(answer: Answer, storage: ClientStorage = memoryStorage()): Promise<CausewayClient> {
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
  const client = await createClient({ url: 'http://till.test/graphql', storage, webSocket: WebSocket, ports })
  await expect.poll(() => client.status().connection).toBe('online')
  return client
}

/** What a region answers that lends for an hour. */
export function lent({ sku, quantity }: Readonly<Record<string, unknown>>): object {
  const [opensAt, expiresAt] = [Date.now(), Date.now() + 3_600_000].map((ms) => new Date(ms).toISOString())
  return { lease: { id: `lease-${'a'.repeat(26)}`, sku, quantity, opensAt, expiresAt } }
}

export function saleOf(id: string, sku: string) {
  return { id, lines: [{ sku, quantity: 1 }] }
}
