// What a device makes of what its region says, step by step, alone and with several pages on one storage.

import { applyEdits, closeDocument, openDocument } from '@causeway/schema/documents/automerge'
import { cartKind } from '@causeway/schema/documents/cart/kind'
import { decodeCursor, encodeCursor } from '@causeway/schema/sync/cursor'
import type { SyncItem } from '@causeway/schema/sync/items'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type CausewayClient, type ClientOptions, createClient } from '../client.ts'
import { Connection } from '../connection.ts'
import { Engine } from '../engine.ts'
import { type ClientPorts, platformPorts } from '../ports.ts'
import { toBase64 } from '../replica/bytes.ts'
import { memoryStorage } from '../storage/memory.ts'
import type { ClientStorage, UserStorage } from '../storage/port.ts'
import { Hub, type HubTabs } from '../tabs/hub.testing.ts'
import { Scopes } from './scopes.ts'
import { ScriptedGateway } from './scripted-gateway.testing.ts'
import { Sync, type SyncTrouble } from './sync.ts'

let gateway: ScriptedGateway
const open: { close(): Promise<void> }[] = []
const ports: ClientPorts = { ...platformPorts(), webSocket: WebSocket }

beforeEach(async () => {
  gateway = await new ScriptedGateway().start()
})
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
  await gateway.stop()
})

async function device(options: Partial<ClientOptions> = {}): Promise<CausewayClient> {
  const client = await createClient({ url: gateway.url, storage: memoryStorage(), webSocket: WebSocket, ...options })
  open.push(client)
  return client
}

/** A page that shares `storage` with others. */
async function page(storage: ClientStorage, tabs: HubTabs): Promise<Engine> {
  const connection = new Connection({ urls: [gateway.url], token: null, ports })
  const user: UserStorage = await storage.open('ada')
  const engine: Engine = new Engine({
    ...{ connection, ports, storage: user, tabs, user: 'ada', deviceId: 'd1', migration: null, onChange: () => {} },
  })
  await engine.open()
  connection.connect()
  open.push({
    close: async () => {
      connection.disconnect()
      await engine.close()
    },
  })
  return engine
}

const patience = { timeout: 10_000 }
const asked = (count: number) => expect.poll(() => gateway.asked.length, patience).toBeGreaterThanOrEqual(count)

function product(id: string, scopes: readonly string[]): SyncItem {
  const title = [{ value: id, time: { wallMs: 1, counter: 0 }, region: 'eu-west-1' }]
  return { kind: 'product', id, scopes, content: { state: { fields: { title } } } }
}

/** Changes of one cart, each on the one before it. */
function cartChanges(...skus: readonly string[]): readonly string[] {
  const handle = openDocument(cartKind, null, 'ab'.repeat(16))
  const changes = skus.map((sku, index) => {
    const edit = { map: 'lines', key: sku, value: { quantity: 1 } }
    const made = applyEdits(handle, [edit], { wallMs: index + 1, counter: 0 }, 'eu-west-1')
    return toBase64(made?.bytes ?? new Uint8Array())
  })
  closeDocument(handle)
  return changes
}

describe('what a device makes of its sync', () => {
  it('R4: a cart whose changes cannot be gone on with is asked for anew, while the stream still runs', async () => {
    const client = await device()
    const [first = '', second = ''] = cartChanges('mug', 'cup')
    await client.follow({ carts: ['c1'] })
    await asked(1)
    const [scope] = gateway.last.scopes
    const cart = (content: SyncItem['content']): SyncItem => ({
      kind: 'cart',
      id: 'c1',
      scopes: [scope?.name ?? ''],
      content,
    })
    gateway.last.say({ 'eu-west-1': 1 }, { items: [cart({ since: [second] })] })
    await asked(2)
    expect(decodeCursor(gateway.last.after ?? '')).toMatchObject({ at: { 'eu-west-1': 1 }, held: [] })
    expect(client.status().behind).toBe(1)
    gateway.last.say({ 'eu-west-1': 2 }, { items: [cart({ snapshot: null, changes: [first, second] })] })
    await expect
      .poll(() =>
        client
          .cart('c1')
          .get()
          ?.lines.map(({ sku }) => sku),
      )
      .toEqual(['cup', 'mug'])
  })

  it('R4: what an older stream says while something is let go of is left out', async () => {
    const storage = memoryStorage()
    const held: (() => void)[] = []
    const slow: ClientStorage = {
      async open(user) {
        const inner = await storage.open(user)
        return {
          load: (range, limit) => inner.load(range, limit),
          close: () => inner.close(),
          async commit(writes) {
            if (writes.some((write) => 'remove' in write)) await new Promise<void>((go) => held.push(go))
            await inner.commit(writes)
          },
        }
      },
    }
    const client = await device({ storage: slow })
    const [all, tea] = [await client.follow({ products: true }), await client.follow({ products: { tag: 'tea' } })]
    await expect.poll(() => gateway.asked.at(-1)?.scopes.length).toBe(2)
    const [first = '', second = ''] = gateway.last.scopes.map(({ name }) => name)
    gateway.last.say({ 'eu-west-1': 1 }, { items: [product('a', [first]), product('b', [first, second])] })
    await expect.poll(() => client.products().get().length).toBe(2)
    const before = gateway.last
    const unfollowed = all.unfollow()
    await expect.poll(() => held.length).toBe(1)
    before.say({ 'eu-west-1': 2 }, { items: [product('c', [first])] })
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (const go of held) go()
    await unfollowed
    await expect.poll(() => gateway.last.scopes.map(({ name }) => name)).toEqual([second])
    expect(decodeCursor(gateway.last.after ?? '').at).toEqual({ 'eu-west-1': 1 })
    expect(
      client
        .products()
        .get()
        .map(({ id }) => id),
    ).toEqual(['b'])
    await client.close()
    const again = await device({ storage })
    expect(
      again
        .products()
        .get()
        .map(({ id }) => id),
    ).toEqual(['b'])
    void tea
  })

  it('R4: a line on which nobody answers is given up, and another one goes on', async () => {
    const connection = new Connection({ urls: [gateway.url], token: null, ports })
    const scopes = [{ name: 's', stock: ['mug'], orders: [], carts: [] }]
    const sync = new Sync({
      ...{ connection, ports, scopes: () => scopes, cursor: () => null, leads: () => true },
      ...{ take: async () => {}, lost: async () => {}, onTrouble: () => {} },
      times: { keepAliveMs: 20, answerWithinMs: 40 },
    })
    connection.connect()
    await asked(1)
    const { lines, asked: before } = gateway
    const many = before.length
    gateway.isDeaf = true
    await expect.poll(() => gateway.lines, patience).toBeGreaterThan(lines)
    gateway.isDeaf = false
    await asked(many + 1)
    connection.disconnect()
    sync.end()
  })

  it('who is turned away is told so, and asks again by and by with another token', async () => {
    let token = 'old'
    const client = await device({ token: async () => token })
    const troubles: (SyncTrouble | null)[] = []
    client.onStatus(({ trouble }) => troubles.push(trouble))
    await client.follow({ stock: ['mug'] })
    await asked(1)
    gateway.closeLines(4403, 'UNAUTHENTICATED: expired')
    token = 'new'
    await asked(2)
    expect(troubles).toContainEqual({ code: 'UNAUTHENTICATED', message: 'UNAUTHENTICATED: expired' })
    expect(gateway.last.authorization).toBe('Bearer new')
  })

  it('a stream that ends without a word is not asked for again at once', async () => {
    const client = await device()
    await client.follow({ stock: ['mug'] })
    await asked(1)
    const end = Date.now() + 400
    while (Date.now() < end) {
      gateway.asked.at(-1)?.complete()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(gateway.asked.length).toBeLessThan(6)
  })
})

describe('pages that share a storage', () => {
  it('R5, R9: what one page clears is gone from the page that leads, which loads it anew', async () => {
    const [storage, hub] = [memoryStorage(), new Hub()]
    const leader = await page(storage, hub.join())
    await leader.following.follow({ products: true })
    await asked(1)
    const name = gateway.last.scopes[0]?.name ?? ''
    gateway.last.say({ 'eu-west-1': 1 }, { items: [product('a', [name])] })
    await expect.poll(() => leader.replica.products({}).length).toBe(1)
    const other = await page(storage, hub.join())
    expect(other.replica.products({}).length).toBe(1)
    const many = gateway.asked.length
    await other.clear()
    await asked(many + 1)
    expect(gateway.last.after).toBeNull()
    expect(leader.replica.products({})).toEqual([])
    gateway.last.say({ 'eu-west-1': 2 }, { items: [product('a', [name])] })
    await expect.poll(() => other.replica.products({}).length).toBe(1)
  })

  it('R5: what one page lets go of, another that follows it keeps', async () => {
    const [storage, hub] = [memoryStorage(), new Hub()]
    const leader = await page(storage, hub.join())
    const name = await leader.following.follow({ products: true })
    await asked(1)
    gateway.last.say({ 'eu-west-1': 1 }, { items: [product('a', [name])] })
    await expect.poll(() => leader.replica.products({}).length).toBe(1)
    const other = await page(storage, hub.join())
    const many = gateway.asked.length
    expect(await other.following.follow({ products: true })).toBe(name)
    await other.following.unfollow(name)
    await asked(many + 1)
    expect(gateway.last.scopes.map((scope) => scope.name)).toEqual([name])
    gateway.last.say({ 'eu-west-1': 2 }, { items: [product('a', [name])] })
    await expect.poll(() => leader.replica.products({}).length).toBe(1)
    const stored = await (await storage.open('ada')).load({ from: 'scope/', before: 'scope0' })
    expect(stored.length).toBe(1)
  })

  it('R5: two pages that begin to follow different things at once name them differently', () => {
    const [left, right] = [new Scopes(() => ports.newId()), new Scopes(() => ports.newId())]
    const names = [left.find({ stock: ['mug'] }), right.find({ stock: ['cup'] })].map(({ scope }) => scope.name)
    expect(new Set(names).size).toBe(2)
  })

  it('R5: a page that takes over goes on from what the one before it stored last', async () => {
    const [storage, hub] = [memoryStorage(), new Hub()]
    const tabs = hub.join()
    const leader = await page(storage, tabs)
    const name = await leader.following.follow({ products: true })
    await asked(1)
    const next = hub.join()
    const follower = await page(storage, next)
    next.deaf = true
    gateway.last.say({ 'eu-west-1': 3 }, { items: [product('a', [name])] })
    await expect.poll(() => leader.replica.products({}).length).toBe(1)
    expect(follower.replica.products({})).toEqual([])
    const many = gateway.asked.length
    hub.kill(tabs)
    await asked(many + 1)
    expect(gateway.last.after).toBe(
      encodeCursor({ at: { 'eu-west-1': 3 }, seen: { 'eu-west-1': 3 }, held: [name], loading: null }),
    )
    expect(follower.replica.products({}).length).toBe(1)
  })
})
