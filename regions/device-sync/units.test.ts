import { closeDocument, openDocument } from '@causeway/schema/documents/automerge'
import { cartKind } from '@causeway/schema/documents/cart/kind'
import { type Patch, unitJson } from '@causeway/schema/documents/units/unit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type ServedCluster } from '../http/cluster.testing.ts'
import { placeOrder } from '../http/shop.testing.ts'
import {
  applyUnits,
  closeShop,
  converge,
  Device,
  eu,
  line,
  linesOf,
  openShop,
  send,
  unitOf,
  us,
} from './device.testing.ts'

const updateCart = `mutation ($input: UpdateCartInput!) { updateCart(input: $input) { userErrors { code } } }`

let cluster: ServedCluster
beforeAll(async () => {
  cluster = await openShop()
})
afterAll(() => closeShop(cluster))

describe("a device's units", () => {
  it('R7: one unit sent to two regions at once is one change, in both', async () => {
    const unit = unitOf('twice-cart', [line('mug', 3)])
    const [left, right] = await Promise.all([send(cluster, us, [unit]), send(cluster, eu, [unit])])
    expect([left.results[0]?.state, right.results[0]?.state]).toEqual(['ACCEPTED', 'ACCEPTED'])
    await converge(cluster)
    expect(await cluster.at(us).region.digest()).toBe(await cluster.at(eu).region.digest())
    const stored = await cluster.at(us).region.store.load({
      documents: [{ kind: 'cart', id: 'twice-cart' }],
      bytes: [],
      ids: [],
      aliases: [],
      skus: [],
      keys: [],
    })
    expect(stored.documents[0]?.heads).toHaveLength(1)
    expect((await send(cluster, us, [unit], true)).results[0]?.state).toBe('ACCEPTED')
    expect((await send(cluster, us, [{ ...unit, patches: [line('mug', 4)] }])).results[0]).toMatchObject({
      state: 'REFUSED',
      code: 'IDEMPOTENCY_CONFLICT',
    })
  })

  it('two devices edit one cart apart from each other, in two regions, and both edits stand', async () => {
    const [mine, theirs] = [unitOf('shared-cart', [line('mug', 1)]), unitOf('shared-cart', [line('cup', 2)])]
    await Promise.all([send(cluster, us, [mine]), send(cluster, eu, [theirs])])
    await converge(cluster)
    for (const region of [us, eu]) {
      const device = await new Device(cluster).follow(region, [{ name: 's', carts: ['shared-cart'] }]).live()
      expect(linesOf(device.held.get('cart/shared-cart'))).toEqual([
        { sku: 'cup', quantity: 2 },
        { sku: 'mug', quantity: 1 },
      ])
      device.stop()
    }
    expect(await cluster.at(us).region.digest()).toBe(await cluster.at(eu).region.digest())
  })

  it('a unit that stands on a refused one comes back, the others of the call stand', async () => {
    const refused = unitOf('depends-cart', [{ map: 'lines', key: 'mug', value: { quantity: -1 } }])
    const onIt = unitOf('depends-cart', [line('cup', 1)], { dependsOn: [refused.id], base: ['ab'.repeat(32)] })
    const apart = unitOf('depends-cart', [line('jug', 1)])
    const { results } = await send(cluster, us, [refused, onIt, apart])
    expect(results.map(({ state, code }) => [state, code])).toEqual([
      ['REFUSED', 'INVALID'],
      ['REFUSED', 'DEPENDS_REFUSED'],
      ['ACCEPTED', null],
    ])
    expect((await send(cluster, us, [onIt])).results[0]?.code).toBe('DEPENDS_REFUSED')
  })

  it('a unit on something that the region does not hold yet is asked for again', async () => {
    const { results } = await send(cluster, us, [unitOf('early-cart', [line('mug', 1)], { base: ['cd'.repeat(32)] })])
    expect(results).toMatchObject([{ state: 'PENDING' }])
  })

  it('a time ahead of the region is refused with the time it is, a little ahead is followed', async () => {
    const ahead = (ms: number) => ({ time: { wallMs: Date.now() + ms, counter: 0 } })
    const { results } = await send(cluster, us, [
      unitOf('ahead-cart', [line('mug', 1)], ahead(86_400_000)),
      unitOf('ahead-cart', [line('mug', 1)], ahead(500)),
    ])
    expect(results.map(({ state, code }) => code ?? state)).toEqual(['TIME_AHEAD', 'ACCEPTED'])
    await converge(cluster)
  })

  it('a removal made apart loses to an addition made meanwhile, as among regions', async () => {
    const first = unitOf('wins-cart', [line('mug', 1), line('cup', 1)])
    await send(cluster, us, [first])
    const { bytes } = await cluster.at(us).region.store.load({
      bytes: [{ kind: 'cart', id: 'wins-cart' }],
      documents: [],
      ids: [],
      aliases: [],
      skus: [],
      keys: [],
    })
    const handle = openDocument(cartKind, bytes[0] ?? null, 'ab'.repeat(16))
    const base = handle.backend.getHeads()
    closeDocument(handle)
    await ask(cluster.at(us).server, updateCart, { input: { id: 'wins-cart', lines: [{ sku: 'mug', quantity: 7 }] } })
    const removal = (key: string): Patch => ({ map: 'lines', key, remove: true })
    await send(cluster, us, [
      unitOf('wins-cart', [removal('mug'), removal('cup'), { map: 'fields', key: 'revised', value: null }], { base }),
    ])
    const device = await new Device(cluster).follow(us, [{ name: 's', carts: ['wins-cart'] }]).live()
    expect(linesOf(device.held.get('cart/wins-cart'))).toEqual([{ sku: 'mug', quantity: 7 }])
    device.stop()
  })

  it('too many units and what is no unit are refused whole', async () => {
    const { data } = await ask(cluster.at(us).server, applyUnits, {
      input: { units: [{ ...unitJson(unitOf('c', [line('mug', 1)])), id: 'short' }] },
    })
    expect(data).toMatchObject({
      applyUnits: { results: [], userErrors: [{ code: 'INVALID', field: ['units', '0', 'id'] }] },
    })
    const many = Array.from({ length: 101 }, () => unitOf('c', [line('mug', 1)]))
    expect((await send(cluster, us, many)).userErrors).toMatchObject([{ code: 'LIMIT_EXCEEDED' }])
    expect(
      (
        await ask(cluster.at(us).server, placeOrder, {
          input: { id: 'after-all', lines: [{ sku: 'mug', quantity: 1 }] },
        })
      ).errors,
    ).toEqual([])
  })
})
