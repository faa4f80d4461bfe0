// A region whose database is replaced by an old copy of itself, of the same identity: a replica that lagged and was promoted by
// hand, or its files from before. Only the other regions know that it has written more. On real databases and connections.

import { type TestDatabase, testDatabase } from '@causeway/db/test-database'
import { defaultRetention } from '@causeway/regions/history/retention'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import { rightsByRegion, stockLevel } from '@causeway/schema/stock/levels'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copyDatabase, dropCopy } from '../support/copy-database.ts'
import { until } from '../support/development.ts'
import { holdTheSame, LiveRegion } from '../support/live-region.ts'

const [ap, eu, us] = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
const members: readonly string[] = [ap, eu, us]
const nothing = { documents: [], ids: [], aliases: [], skus: [], keys: [], bytes: [] }

describe('a region on an old copy of its database', () => {
  const urls: Record<string, string> = {}
  const regions = new Map(members.map((id) => [id, new LiveRegion({ id, members, retention: defaultRetention, urls })]))
  const databases = new Map<string, TestDatabase>()
  let copy = ''

  const at = (id: string): LiveRegion => {
    const region = regions.get(id)
    if (region === undefined) throw new Error(`no region ${id}`)
    return region
  }
  const databaseOf = (id: string) => databases.get(id)?.url ?? ''
  const order = async (id: string, name: string, quantity: number) => {
    const lines = [{ sku: 'mug-sku', quantity }]
    expect(await at(id).run(placeOrder, { id: name, lines })).toMatchObject({ status: 'accepted' })
  }
  const startAlone = async (id: string, url: string) => {
    await at(id).kill()
    at(id).isCut = true
    await at(id).start(url)
  }
  const stockIn = async (id: string) => (await at(id).region.store.load({ ...nothing, skus: ['mug-sku'] })).stock
  const holds = async (id: string, name: string) => {
    const documents = [{ kind: 'order', id: name }]
    return (await at(id).region.store.load({ ...nothing, documents })).documents.length > 0
  }
  const areEqual = () => holdTheSame(members.map(at))

  beforeAll(async () => {
    for (const id of members) {
      databases.set(id, await testDatabase(id))
      await at(id).listen()
    }
    for (const id of members) await at(id).start(databaseOf(id))
  })

  afterAll(async () => {
    for (const region of regions.values()) await region.close()
    if (copy !== '') await dropCopy(copy)
    for (const database of databases.values()) await database.drop()
  })

  it('W8 S7: goes on under a new origin, uses no sequence twice, and sells what its old one could have sold', {
    timeout: 120_000,
  }, async () => {
    const variants = [{ sku: 'mug-sku', title: 'mug', price: { amount: '1.00', currencyCode: 'GBP' } }]
    expect(await at(eu).run(upsertProduct, { id: 'mug', title: 'mug', variants })).toMatchObject({ status: 'accepted' })
    expect(await at(eu).run(receiveStock, { sku: 'mug-sku', quantity: 90 }, 'receipt')).toMatchObject({
      status: 'accepted',
    })
    await until('the beginning is everywhere', 20_000, areEqual)
    await at(us).kill()
    copy = await copyDatabase(databaseOf(us), { recovered: false })
    await at(us).start(databaseOf(us))
    await order(us, 'after-the-copy', 4)
    await until('what came after the copy is everywhere', 20_000, areEqual)
    const written = at(us).region.frontier()[us] ?? 0
    await startAlone(us, databaseOf(us))
    await order(us, 'told-to-nobody', 3)
    await at(us).kill()

    at(us).isCut = false
    await at(us).start(copy)
    expect(at(us).region.origin).toBe(`${us}@2`)
    const kettle = { id: 'kettle', title: 'kettle', variants: [{ ...variants[0], sku: 'kettle-sku' }] }
    expect(await at(us).run(upsertProduct, kettle)).toMatchObject({ status: 'accepted' })
    const isOver = async (id: string) =>
      (await stockIn(id)).some(({ holder, cells }) => holder === us && (cells.given[`${us}@2`] ?? 0) > 0)
    for (const id of members) await until(`its old row is taken over in ${id}`, 30_000, () => isOver(id))
    // Not before: until then it has no units of its own, and whether peers are heard in time is not what is tried here.
    await order(us, 'under-the-new-origin', 1)
    await until('all regions hold the same', 30_000, areEqual)
    for (const id of members) {
      expect(await holds(id, 'after-the-copy')).toBe(true)
      expect(await holds(id, 'told-to-nobody')).toBe(false)
      expect(at(id).region.frontier()[us]).toBe(written)
      expect(stockLevel(await stockIn(id))).toMatchObject({ available: 85, reserved: 5, onHand: 90 })
    }
    const units = rightsByRegion(await stockIn(us)).find(({ region }) => region === us)?.units ?? 0
    expect(units).toBeGreaterThan(0)
    await startAlone(us, copy)
    await order(us, 'from-its-share', units)
    at(us).isCut = false
    await until('all regions hold the end', 30_000, areEqual)
    expect(stockLevel(await stockIn(ap))).toMatchObject({ available: 85 - units, reserved: 5 + units })
  })
})
