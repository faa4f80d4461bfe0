import { decodeToken, encodeToken } from '@causeway/schema/clock/causal-token'
import { covers } from '@causeway/schema/clock/version-vector'
import { decodeCursor, encodeCursor } from '@causeway/schema/sync/cursor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type ServedCluster } from '../http/cluster.testing.ts'
import { pounds, receiveStock, sell, upsertProduct } from '../http/shop.testing.ts'
import { openClient } from '../http/subscription.testing.ts'
import {
  closeShop,
  converge,
  Device,
  deviceSync,
  eu,
  line,
  linesOf,
  openShop,
  send,
  unitOf,
  us,
} from './device.testing.ts'

const nothing = encodeToken({})
let cluster: ServedCluster
beforeAll(async () => {
  cluster = await openShop()
})
afterAll(() => closeShop(cluster))

describe("a device's sync", () => {
  it('R4: one stream brings every kind in scope, says how far it is, and goes on with what changes', async () => {
    await sell(cluster.at(us), 'order-of-scope', 'mug')
    await send(cluster, us, [unitOf('cart-of-scope', [line('mug', 2)])])
    const scope = {
      name: 's1',
      products: {},
      stock: ['mug'],
      orders: ['order-of-scope'],
      carts: ['cart-of-scope', 'no-cart'],
    }
    const device = await new Device(cluster).follow(us, [scope]).live()
    expect([...device.held.keys()].sort()).toEqual([
      'cart/cart-of-scope',
      'cart/no-cart',
      'order/order-of-scope',
      'product/product-cup',
      'product/product-jug',
      'product/product-mug',
      'stock/mug',
    ])
    expect(device.held.get('cart/no-cart')?.content).toBeNull()
    expect(device.held.get('stock/mug')?.content).toMatchObject({ level: { available: 99, reserved: 1 } })
    expect(linesOf(device.held.get('cart/cart-of-scope'))).toEqual([{ sku: 'mug', quantity: 2 }])
    const [first] = device.take()
    expect(first).toMatchObject({ phase: 'CATCHING_UP', total: 7 })
    await sell(cluster.at(us), 'another-order', 'mug')
    await expect.poll(() => device.held.get('stock/mug')?.content).toMatchObject({ level: { available: 98 } })
    const stock = device.take().filter(({ items }) => items.length > 0)
    expect(stock.flatMap(({ items }) => items.map(({ kind }) => kind))).toEqual(['stock'])
    device.stop()
  })

  it('goes on through another region from its cursor: only what changed comes, and nothing older', async () => {
    await converge(cluster)
    const scopes = [{ name: 's1', products: {}, stock: ['cup'], carts: ['moving-cart'] }]
    const device = await new Device(cluster).follow(us, scopes).live()
    device.stop()
    await ask(cluster.at(us).server, upsertProduct, { input: { id: 'product-cup', title: 'Cup of tea' } })
    await send(cluster, us, [unitOf('moving-cart', [line('cup', 1)])])
    await converge(cluster)
    device.take()
    await device.follow(eu, scopes).live()
    const items = device.take().flatMap((message) => message.items)
    expect(items.map(({ kind, id }) => `${kind}/${id}`).sort()).toEqual(['cart/moving-cart', 'product/product-cup'])
    expect(items.find(({ kind }) => kind === 'cart')?.content).toMatchObject({ since: [expect.any(String)] })
    device.stop()
  })

  it('a region that holds less than the device was shown waits for it, and says so where that does not come', async () => {
    await converge(cluster)
    const device = await new Device(cluster).follow(us, [{ name: 's1', stock: ['cup'] }]).live()
    device.stop()
    const cursor = decodeCursor(device.cursor ?? '')
    device.cursor = encodeCursor({ ...cursor, seen: { ...cursor.seen, [us]: 1_000_000 } })
    device.follow(eu, [{ name: 's1', stock: ['cup'] }], { 'causeway-fresh-within': '100' })
    await expect.poll(() => JSON.stringify(device.errors)).toContain('STALE_READ')
  })

  it('a scope that joins is loaded, one that is held goes on by the log', async () => {
    const device = await new Device(cluster).follow(us, [{ name: 's1', stock: ['mug', 'cup'] }]).live()
    device.stop()
    device.take()
    await device
      .follow(us, [
        { name: 's1', stock: ['mug', 'cup'] },
        { name: 's2', products: { tag: 'none' }, orders: ['order-of-scope'] },
      ])
      .live()
    const messages = device.take()
    expect(messages.flatMap(({ items }) => items.map(({ kind, scopes }) => [kind, ...scopes]))).toEqual([
      ['order', 's2'],
    ])
    expect(messages.at(-1)?.held).toEqual(['s1', 's2'])
    expect(messages.flatMap(({ spans }) => spans)).toEqual([{ scope: 's2', kind: 'product', after: null, upTo: null }])
    device.stop()
  })

  it('products by tag and by search come and go as they match', async () => {
    const upsert = (input: object) => ask(cluster.at(us).server, upsertProduct, { input })
    const price = [{ sku: 'tea-1', title: 'Loose', price: pounds('3.00') }]
    await upsert({ id: 'tea', title: 'Green tea', tags: ['drink'], variants: price })
    const scopes = [
      { name: 'tagged', products: { tag: 'drink' } },
      { name: 'found', products: { search: 'TEA-1 green' } },
    ]
    const device = await new Device(cluster).follow(us, scopes).live()
    expect(device.held.get('product/tea')?.scopes).toEqual(['tagged', 'found'])
    expect([...device.held.keys()]).toEqual(['product/tea'])
    await upsert({ id: 'tea', tags: [] })
    await expect.poll(() => device.held.get('product/tea')?.scopes).toEqual(['found'])
    await upsert({ id: 'tea', title: 'Black tea' })
    await expect.poll(() => device.held.get('product/tea')?.scopes).toEqual([])
    device.stop()
  })

  it('a load that broke off goes on behind its last page', async () => {
    const products = Array.from({ length: 400 }, (_, index) => ({
      id: `bulk-${1000 + index}`,
      title: 'Bulk',
      variants: [{ sku: `bulk-${index}`, price: pounds('1.00') }],
      tags: ['bulk'],
    }))
    const upsertProducts =
      'mutation ($input: UpsertProductsInput!) { upsertProducts(input: $input) { userErrors { code } } }'
    await ask(cluster.at(us).server, upsertProducts, { input: { products } })
    const scopes = [{ name: 'bulk', products: { tag: 'bulk' } }]
    const device = await new Device(cluster).follow(us, scopes).live()
    const pages = device.take()
    device.stop()
    expect(device.held.size).toBe(400)
    const [first, second] = pages
    expect(first?.spans).toEqual([{ scope: 'bulk', kind: 'product', after: null, upTo: first?.items.at(-1)?.id }])
    expect(second?.spans).toEqual([{ scope: 'bulk', kind: 'product', after: first?.items.at(-1)?.id, upTo: null }])
    device.cursor = first?.cursor ?? null
    await device.follow(us, scopes).live()
    expect(device.take().flatMap(({ items }) => items)).toHaveLength(400 - (first?.items.length ?? 0))
    device.stop()
  })

  it('hears that it is up to date where nothing in its scopes changes (R8 needs it)', async () => {
    const device = await new Device(cluster).follow(us, [{ name: 's1', carts: ['quiet-cart'] }]).live()
    device.take()
    await ask(cluster.at(us).server, receiveStock, { input: { sku: 'mug', quantity: 1 } })
    const position = cluster.at(us).region.frontier()
    await expect.poll(() => covers(decodeToken(device.messages.at(-1)?.at ?? nothing), position)).toBe(true)
    expect(device.messages.flatMap(({ items }) => items)).toEqual([])
    device.stop()
  })

  it('another version, a broken cursor and wrong scopes are told what to do', async () => {
    const client = openClient(cluster.at(us).server.url)
    const told = async (variables: Record<string, unknown>) => {
      const { value } = await client
        .iterate({ query: deviceSync, variables: { version: 1, scopes: [{ name: 's' }], ...variables } })
        .next()
      return JSON.stringify(value)
    }
    expect(await told({ version: 7 })).toContain('UNSUPPORTED_VERSION')
    expect(await told({ after: 'nonsense' })).toContain('begin without it')
    const forged = (scope: object, loading: { segment: number; key: string }) => {
      const cursor = { at: {}, seen: {}, held: [], loading: { scope: 's', ...loading } }
      return told({ scopes: [{ name: 's', ...scope }], after: encodeCursor(cursor) })
    }
    for (const [scope, segment, key] of [
      [{ products: {} }, 0, 'no place'],
      [{ products: {} }, 0, '["one"]'],
      [{ products: {} }, 7, ''],
      [{ stock: ['mug'] }, 0, '-3'],
      [{ stock: ['mug'] }, -1, ''],
      [{ orders: [], ordersOf: 'ada' }, 0, '{}'],
    ] as const) {
      const words = await forged(scope, { segment, key })
      expect([scope, segment, key, words]).toEqual([scope, segment, key, expect.stringContaining('begin without it')])
      expect(words).toContain('BAD_USER_INPUT')
    }
    expect(await told({ scopes: [] })).toContain('BAD_USER_INPUT')
    expect(await told({ scopes: [{ name: 's' }, { name: 's' }] })).toContain('a name of its own')
    expect(await told({ scopes: [{ name: 's', stock: ['no id!'] }] })).toContain('BAD_USER_INPUT')
  })
})
