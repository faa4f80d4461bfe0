// The adapter against automerge-repo's own suite for adapters, and what Repos see of what a region confirms.

import { type DocHandle, generateAutomergeUrl, Repo } from '@automerge/automerge-repo'
import { runNetworkAdapterTests } from '@automerge/automerge-repo/helpers/tests/network-adapter-tests.js'
import type { PeerId } from '@automerge/automerge-repo/slim'
import { applyEdits, closeDocument, openDocument, saveDocument } from '@causeway/schema/documents/automerge'
import { cartKind } from '@causeway/schema/documents/cart/kind'
import type { SyncItem } from '@causeway/schema/sync/items'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type CausewayClient, createClient } from '../client.ts'
import { toBase64 } from '../replica/bytes.ts'
import { memoryStorage } from '../storage/memory.ts'
import { ScriptedGateway } from '../sync/scripted-gateway.testing.ts'
import { automergeRepoNetwork, cartIn, type RepoNetwork } from './network.ts'

const noStray = () => {}

runNetworkAdapterTests(async () => {
  // Nothing listens there: what Repos say to each other needs no network.
  const client = await createClient({ url: 'http://127.0.0.1:1/', storage: memoryStorage(), webSocket: WebSocket })
  client.disconnect()
  const network = automergeRepoNetwork(client, { onStray: noStray })
  const teardown = () => {
    void network.close().then(() => client.close())
  }
  return { adapters: [network.adapter(), network.adapter(), network.adapter()], teardown }
}, 'Repos on one client')

let gateway: ScriptedGateway
let client: CausewayClient
let network: RepoNetwork
const strays: string[] = []

beforeEach(async () => {
  gateway = await new ScriptedGateway().start()
  client = await createClient({ url: gateway.url, storage: memoryStorage(), webSocket: WebSocket })
  strays.length = 0
  network = automergeRepoNetwork(client, { onStray: (url) => strays.push(url) })
})
afterEach(async () => {
  await network.close()
  await client.close()
  await gateway.stop()
})

/** A region's cart: each `sell` is one more change. */
class RegionCart {
  readonly #handle = openDocument(cartKind, null, 'ab'.repeat(16))
  #position = 0

  put(sku: string, quantity: number): void {
    this.#position += 1
    const edit = { map: 'lines', key: sku, value: { quantity } }
    applyEdits(this.#handle, [edit], { wallMs: this.#position, counter: 0 }, 'eu-west-1')
  }

  say(): void {
    const scope = gateway.last.scopes.find(({ carts }) => carts.includes('c1'))?.name ?? ''
    const content = { snapshot: toBase64(saveDocument(this.#handle)), changes: [] }
    const item: SyncItem = { kind: 'cart', id: 'c1', scopes: [scope], content }
    gateway.last.say({ 'eu-west-1': this.#position }, { items: [item] })
  }

  end(): void {
    closeDocument(this.#handle)
  }
}

function repo(name: string): Repo {
  return new Repo({ network: [network.adapter()], peerId: name as PeerId })
}

const linesOf = (handle: DocHandle<object>) =>
  Object.fromEntries(cartIn('c1', handle.doc())?.lines.map(({ sku, quantity }) => [sku, quantity]) ?? [])

async function shareCart(cart: RegionCart) {
  const sharing = network.share('cart', 'c1')
  await expect.poll(() => gateway.asked.length).toBe(1)
  cart.say()
  return await sharing
}

describe('a Repo on a client', () => {
  it('follows a cart that regions confirm, from what is there on', async () => {
    const cart = new RegionCart()
    cart.put('mug', 1)
    const shared = await shareCart(cart)
    const handle = await repo('phone').find<object>(shared.url)
    expect(linesOf(handle)).toEqual({ mug: 1 })
    cart.put('cup', 2)
    cart.say()
    await expect.poll(() => linesOf(handle)).toEqual({ mug: 1, cup: 2 })
    const late = await repo('tablet').find<object>(shared.url)
    expect(linesOf(late)).toEqual({ mug: 1, cup: 2 })
    cart.end()
  })

  it('keeps to itself what it changes by itself, the app is told, and it follows on', async () => {
    const cart = new RegionCart()
    cart.put('mug', 1)
    const shared = await shareCart(cart)
    const handle = await repo('phone').find<Record<string, Record<string, string>>>(shared.url)
    handle.change((document) => {
      const { lines } = document
      if (lines !== undefined) lines.stray = lines.mug ?? ''
    })
    await expect.poll(() => strays).toEqual([shared.url])
    expect(
      client
        .cart('c1')
        .get()
        ?.lines.map(({ sku }) => sku),
    ).toEqual(['mug'])
    expect(gateway.sent).toEqual([])
    cart.put('cup', 1)
    cart.say()
    await expect.poll(() => linesOf(handle)).toEqual({ mug: 1, stray: 1, cup: 1 })
    expect(strays.length).toBe(1)
    cart.end()
  })

  it('finds a document under another address once its history has begun anew', async () => {
    const cart = new RegionCart()
    cart.put('mug', 1)
    const shared = await shareCart(cart)
    const before = shared.url
    const moved: string[] = []
    shared.onMoved((url) => moved.push(url))
    // As a fold does: the same state on a first change of its own.
    const folded = openDocument(
      { ...cartKind, name: 'folded', maps: [...cartKind.maps, 'folds'] },
      null,
      'cd'.repeat(16),
    )
    applyEdits(folded, [{ map: 'lines', key: 'mug', value: { quantity: 1 } }], { wallMs: 1, counter: 0 }, 'eu-west-1')
    const content = { snapshot: toBase64(saveDocument(folded)), changes: [] }
    closeDocument(folded)
    const [scope] = gateway.last.scopes
    gateway.last.say({ 'eu-west-1': 2 }, { items: [{ kind: 'cart', id: 'c1', scopes: [scope?.name ?? ''], content }] })
    await expect.poll(() => moved.length).toBe(1)
    expect(moved).toEqual([shared.url])
    expect(shared.url).not.toBe(before)
    expect(linesOf(await repo('phone').find<object>(shared.url))).toEqual({ mug: 1 })
    cart.end()
  })

  it('is told of a document that nobody shares that it is not there, and lets go of one that ends', async () => {
    const cart = new RegionCart()
    cart.put('mug', 1)
    const shared = await shareCart(cart)
    await shared.end()
    const other = await shareCartAgain()
    await expect(repo('phone').find(generateAutomergeUrl())).rejects.toThrow('unavailable')
    expect(other.url).toBe(shared.url)
    cart.end()

    async function shareCartAgain() {
      const many = gateway.asked.length
      const sharing = network.share('cart', 'c1')
      await expect.poll(() => gateway.asked.length).toBeGreaterThan(many)
      cart.say()
      return await sharing
    }
  })
})
