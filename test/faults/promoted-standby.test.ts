// A region that is lost with its Postgres and goes on with the standby of that, which lagged a little when it was promoted. On
// real servers with streaming replication, and real connections between the regions.

import { ensureDatabase, urlOfDatabase } from '@causeway/db/embedded/database'
import { migrate } from '@causeway/db/postgres/migrate'
import { StoreError } from '@causeway/db/store'
import { type TestDatabase, testDatabase } from '@causeway/db/test-database'
import { defaultRetention } from '@causeway/regions/history/retention'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import { stockLevel } from '@causeway/schema/stock/levels'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DatabaseSwitch } from '../support/database-switch.ts'
import { until } from '../support/development.ts'
import { holdTheSame, LiveRegion } from '../support/live-region.ts'
import { PostgresPair } from '../support/standby.ts'

const [ap, eu, us] = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
const members: readonly string[] = [ap, eu, us]
const nothing = { documents: [], ids: [], aliases: [], skus: [], keys: [], bytes: [] }
const own = 'region'

// It needs a server of its own, with settings of its own.
describe.skipIf(process.env.DATABASE_URL !== undefined)('a region on a promoted standby', () => {
  const urls: Record<string, string> = {}
  const regions = new Map(members.map((id) => [id, new LiveRegion({ id, members, retention: defaultRetention, urls })]))
  const databases: TestDatabase[] = []
  let pair: PostgresPair
  let service: DatabaseSwitch

  const at = (id: string): LiveRegion => {
    const region = regions.get(id)
    if (region === undefined) throw new Error(`no region ${id}`)
    return region
  }
  const order = async (id: string, name: string, quantity: number) => {
    const lines = [{ sku: 'mug-sku', quantity }]
    expect(await at(id).run(placeOrder, { id: name, lines })).toMatchObject({ status: 'accepted' })
  }
  const holds = async (id: string, name: string) => {
    const documents = [{ kind: 'order', id: name }]
    return (await at(id).region.store.load({ ...nothing, documents })).documents.length > 0
  }
  const stockIn = async (id: string) => (await at(id).region.store.load({ ...nothing, skus: ['mug-sku'] })).stock
  const areEqual = () => holdTheSame(members.map(at))
  /** How far the standby's copy of the region goes. */
  const standbySequence = async () => {
    const sql = postgres(urlOfDatabase(pair.standbyUrl, own), { max: 1 })
    try {
      const [row] = await sql<{ sequence: string }[]>`select sequence from heads`
      return Number(row?.sequence ?? 0)
    } finally {
      await sql.end()
    }
  }

  beforeAll(async () => {
    pair = await PostgresPair.open()
    await migrate(await ensureDatabase(pair.url, own), us)
    await pair.follow()
    for (const id of members) await at(id).listen()
    for (const id of [ap, eu]) {
      const database = await testDatabase(id)
      databases.push(database)
      await at(id).start(database.url)
    }
    service = await DatabaseSwitch.open(urlOfDatabase(pair.url, own))
    await at(us).start(service.url)
  }, 120_000)

  afterAll(async () => {
    for (const region of regions.values()) await region.close()
    service.close()
    await pair.close()
    for (const database of databases) await database.drop()
  }, 120_000)

  it('W8 S7: writes nothing on another timeline, begins anew with no peer to ask, and then loses nothing that a peer has', {
    timeout: 120_000,
  }, async () => {
    const variants = [{ sku: 'mug-sku', title: 'mug', price: { amount: '1.00', currencyCode: 'GBP' } }]
    expect(await at(eu).run(upsertProduct, { id: 'mug', title: 'mug', variants })).toMatchObject({ status: 'accepted' })
    expect(await at(eu).run(receiveStock, { sku: 'mug-sku', quantity: 90 })).toMatchObject({ status: 'accepted' })
    await until('the beginning is everywhere', 20_000, areEqual)
    await order(us, 'on-the-standby', 2)
    const followed = at(us).region.frontier()[us] ?? 0
    await until('the standby has followed', 20_000, async () => (await standbySequence()) >= followed)
    await pair.stopStandby()
    await order(us, 'only-with-peers', 4)
    await until('the peers have it', 20_000, areEqual)

    await pair.losePrimary()
    await pair.startStandby()
    await pair.promote()
    service.lead(urlOfDatabase(pair.standbyUrl, own))
    const { over } = at(us).region
    // Until it is over a new connection may not be there yet.
    await until('its node finds what has become of its database', 20_000, async () => {
      const code = await at(us)
        .run(placeOrder, { id: 'by-the-old-node', lines: [{ sku: 'mug-sku', quantity: 1 }] })
        .then(
          () => 'accepted',
          (error: unknown) => (error instanceof StoreError ? error.code : String(error)),
        )
      expect(['REPLACED', 'UNREACHABLE']).toContain(code)
      return code === 'REPLACED'
    })
    expect(await over).toContain('promoted')
    expect(at(us).region.unready()).toContain('promoted')
    await at(us).kill()
    at(us).isCut = true
    await at(us).start(service.url)
    expect(at(us).region.origin).toBe(`${us}@2`)
    expect(await holds(us, 'on-the-standby')).toBe(true)
    expect(await holds(us, 'only-with-peers')).toBe(false)
    at(us).isCut = false
    await until('all regions hold the same', 40_000, areEqual)
    const isOver = async (id: string) =>
      (await stockIn(id)).some(({ holder, cells }) => holder === us && (cells.given[`${us}@2`] ?? 0) > 0)
    for (const id of members) await until(`its old row is taken over in ${id}`, 30_000, () => isOver(id))
    await order(us, 'as-promoted', 1)
    await until('all regions hold the end', 30_000, areEqual)
    for (const id of members) {
      for (const name of ['on-the-standby', 'only-with-peers', 'as-promoted']) expect(await holds(id, name)).toBe(true)
      expect(stockLevel(await stockIn(id))).toMatchObject({ available: 83, reserved: 7, onHand: 90 })
    }
  })
})
