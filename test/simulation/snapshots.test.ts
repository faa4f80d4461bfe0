import { createHash } from 'node:crypto'
import { upsertCustomer } from '@causeway/schema/documents/customer/commands'
import { closeLease } from '@causeway/schema/documents/lease/close-lease'
import { leaseStock } from '@causeway/schema/documents/lease/lease-stock'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { cancelOrder, shipOrder } from '@causeway/schema/documents/order/transitions'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import { stockLevel } from '@causeway/schema/stock/levels'
import type { StockCells } from '@causeway/schema/stock/row'
import { describe, expect, it } from 'vitest'
import { checkConverged } from './checkers/converged.ts'
import type { SimulatedCluster } from './cluster.ts'
import { ap, ask, converged, eu, members, open, product, short, us } from './steps.ts'

/** What is dropped from the archive is gone half a minute later, and any document with some history folds. */
const forgetful = { ...short, archiveMs: 20_000, foldBytes: 0 }

const long = (text: string) => createHash('sha512').update(text).digest('hex')
const order = (id: string, sku: string, quantity: number) => ({ id, lines: [{ sku, quantity }] })

async function accepted(answer: ReturnType<typeof ask>): Promise<void> {
  expect(await answer).toMatchObject({ status: 'accepted' })
}

const isDropped = async (cluster: SimulatedCluster, id: string, position: number) =>
  ((await cluster.region(id)?.store.history.floor())?.position ?? 0) >= position

/**
 * A region that comes back from a backup which is older than what its peers keep of their logs, and that has worked alone
 * before it hears of them: sold, received, and edited a document that they have folded meanwhile.
 */
async function comeBack(cluster: SimulatedCluster): Promise<void> {
  await accepted(ask(cluster, ap, upsertCustomer, { id: 'ada', homeRegion: ap, name: 'Ada', email: 'ada@example.com' }))
  await accepted(ask(cluster, us, upsertProduct, product('lamp')))
  await accepted(ask(cluster, us, upsertProduct, product('mug')))
  await accepted(ask(cluster, us, receiveStock, { sku: 'mug-sku', quantity: 90 }, 'receipt'))
  await cluster.time.runFor(3_000)
  const backup = cluster.backUp(ap)
  for (let count = 0; count < 120; count += 1)
    await accepted(
      ask(cluster, members[count % 3] ?? us, upsertProduct, { ...product('lamp'), title: long(`${count}`) }),
    )
  await accepted(ask(cluster, eu, placeOrder, order('from-eu', 'mug-sku', 2)))
  await accepted(ask(cluster, ap, placeOrder, order('lost-in-ap', 'mug-sku', 3)))
  const last = cluster.database(eu).head.position
  await cluster.time.runFor(60_000)
  expect(await isDropped(cluster, eu, last)).toBe(true)
  expect(cluster.database(us).documents.get('product/lamp')?.marks.length).toBeGreaterThan(0)
  cluster.crash(ap)
  cluster.restore(ap, backup)
  cluster.network.cut(ap, eu)
  cluster.network.cut(ap, us)
  void cluster.start(ap)
  await cluster.time.runUntil('the region is back', () => cluster.region(ap) !== undefined, 20_000)
  expect(cluster.region(ap)?.origin).toBe(`${ap}@2`)
  await accepted(ask(cluster, ap, upsertProduct, { ...product('lamp'), title: 'made alone' }))
  await accepted(ask(cluster, ap, upsertProduct, product('kettle')))
  await accepted(ask(cluster, ap, receiveStock, { sku: 'kettle-sku', quantity: 9 }))
  await accepted(ask(cluster, ap, placeOrder, order('made-alone', 'kettle-sku', 2)))
  await accepted(ask(cluster, ap, upsertCustomer, { id: 'ada', name: 'Ada King' }))
}

async function expectAll(cluster: SimulatedCluster): Promise<void> {
  await converged(cluster)
  await checkConverged(cluster)
  for (const id of members) {
    const { documents, stock } = cluster.database(id)
    for (const key of ['order/from-eu', 'order/lost-in-ap', 'order/made-alone', 'product/kettle'])
      expect(documents.has(key), `${key} in ${id}`).toBe(true)
    expect(JSON.stringify(documents.get('product/lamp')?.document.state), id).toContain('made alone')
    const sold = [...stock.values()]
      .filter(({ sku }) => sku === 'mug-sku')
      // What an earlier incarnation had reserved is released there and reserved by the next (S7).
      .reduce((sum, { cells }) => sum + cells.sold - cells.released, 0)
    expect(sold, id).toBe(5)
  }
  expect(JSON.stringify(cluster.database(ap).documents.get('contact/ada')?.document.state)).toContain('Ada King')
}

const reached = (cluster: SimulatedCluster) => cluster.database(ap).staged

describe('a region that comes back from before the log that its peers keep', () => {
  it('C10, C11, C12: takes a snapshot, keeps what it wrote alone, and goes on with the log', async () => {
    const cluster = await open(31, forgetful)
    await comeBack(cluster)
    cluster.network.healAll()
    await cluster.time.runFor(2_000)
    await expect(cluster.region(ap)?.store.head()).resolves.toMatchObject({ origin: `${ap}@2` })
    expect(cluster.database(ap).documents.has('order/from-eu')).toBe(false)
    await cluster.time.runUntil(
      'the snapshot is installed',
      () => cluster.database(ap).documents.has('order/from-eu'),
      60_000,
    )
    await expectAll(cluster)
    await cluster.time.runFor(5_000)
    await accepted(ask(cluster, ap, placeOrder, order('afterwards', 'mug-sku', 1)))
    await accepted(ask(cluster, us, upsertProduct, { ...product('lamp'), title: 'afterwards' }))
    await cluster.time.runFor(5_000)
    await converged(cluster)
    await checkConverged(cluster)
  })

  it('C10, C11: carries over what it writes while it takes the snapshot, which that cannot hold', async () => {
    const cluster = await open(34, forgetful)
    await comeBack(cluster)
    cluster.network.healAll()
    await cluster.time.runUntil('a page is there', () => reached(cluster)?.pages.length === 1, 60_000)
    for (const id of [eu, us]) cluster.network.cut(ap, id)
    await accepted(ask(cluster, ap, upsertProduct, { ...product('lamp'), title: 'made meanwhile' }))
    await accepted(ask(cluster, ap, placeOrder, order('made-meanwhile', 'kettle-sku', 1)))
    await accepted(ask(cluster, ap, upsertCustomer, { id: 'ada', name: 'Ada Lovelace' }))
    const held = reached(cluster)?.description.head.frontier ?? {}
    expect(cluster.database(ap).head.sequence).toBeGreaterThan(held[`${ap}@2`] ?? 0)
    const written = cluster.database(ap).head.frontier[`${ap}@2`] ?? 0
    cluster.network.healAll()
    await cluster.time.runUntil('all is installed', () => cluster.database(ap).documents.has('order/from-eu'), 90_000)
    expect(cluster.database(ap).head.frontier[`${ap}@2`]).toBeGreaterThanOrEqual(written)
    await converged(cluster)
    await checkConverged(cluster)
    for (const id of members) {
      const { documents } = cluster.database(id)
      expect(JSON.stringify(documents.get('product/lamp')?.document.state), id).toContain('made meanwhile')
      expect(documents.has('order/made-meanwhile'), id).toBe(true)
    }
    expect(JSON.stringify(cluster.database(ap).documents.get('contact/ada')?.document.state)).toContain('Ada Lovelace')
  })

  it('C10, I2, S5, S8: settles what came to its orders and keys in commits that it never saw', async () => {
    const cluster = await open(33, forgetful)
    await accepted(ask(cluster, us, upsertProduct, product('pot')))
    await comeBack(cluster)
    const twice = order('twice', 'pot-sku', 2)
    await accepted(ask(cluster, eu, receiveStock, { sku: 'pot-sku', quantity: 9 }, 'one-receipt'))
    await accepted(ask(cluster, eu, placeOrder, twice))
    await accepted(ask(cluster, ap, receiveStock, { sku: 'pot-sku', quantity: 9 }, 'one-receipt'))
    await accepted(ask(cluster, ap, placeOrder, twice))
    cluster.network.healAll()
    const sent = () => cluster.database(eu).documents.has('order/made-alone')
    await cluster.time.runUntil('what it wrote alone has come to eu', sent, 4_000)
    await accepted(ask(cluster, eu, cancelOrder, { id: 'made-alone' }))
    expect(cluster.database(ap).documents.has('order/from-eu')).toBe(false)
    await cluster.time.runUntil('all is installed', () => cluster.database(ap).documents.has('order/from-eu'), 60_000)
    await cluster.time.runFor(10_000)
    await converged(cluster)
    await checkConverged(cluster)
    const sum = (sku: string, count: (cells: StockCells) => number) =>
      [...cluster.database(ap).stock.values()].reduce((all, row) => all + (row.sku === sku ? count(row.cells) : 0), 0)
    expect(sum('kettle-sku', ({ sold, released }) => sold - released)).toBe(0)
    expect(sum('pot-sku', ({ sold, released }) => sold - released)).toBe(2)
    expect(
      sum('pot-sku', ({ received, returned, shipped, writtenOff }) => received + returned - shipped - writtenOff),
    ).toBe(9)
    expect([...cluster.database(ap).obligations.values()]).toEqual([])
  })

  it('C10, S5, S6, S8: settles what others did with an order or a lease before it wrote the claim that stands, which the snapshot cannot hold', async () => {
    const cluster = await open(36, forgetful)
    await accepted(ask(cluster, us, upsertProduct, product('pot')))
    await comeBack(cluster)
    for (const id of [ap, eu]) await accepted(ask(cluster, id, receiveStock, { sku: 'pot-sku', quantity: 9 }))
    // By its clock eu is later, so the claims of ap are the earlier ones.
    cluster.time.clocks.jump(eu, 20_000)
    for (const id of ['sent', 'given-up']) await accepted(ask(cluster, eu, placeOrder, order(id, 'pot-sku', 2)))
    await accepted(ask(cluster, eu, shipOrder, { id: 'sent' }))
    await accepted(ask(cluster, eu, cancelOrder, { id: 'given-up' }))
    const loan = { deviceId: 'till', sku: 'pot-sku', quantity: 1, minutes: 60 }
    const lent = await ask(cluster, eu, leaseStock, loan, 'loan')
    expect(lent).toMatchObject({ status: 'accepted', result: { id: expect.any(String) } })
    const lease = lent?.status === 'accepted' ? lent.result : {}
    await accepted(ask(cluster, eu, closeLease, lease))
    cluster.network.healAll()
    await cluster.time.runUntil('a page is there', () => reached(cluster)?.pages.length === 1, 60_000)
    for (const id of [eu, us]) cluster.network.cut(ap, id)
    for (const id of ['sent', 'given-up']) await accepted(ask(cluster, ap, placeOrder, order(id, 'pot-sku', 2)))
    expect(await ask(cluster, ap, leaseStock, loan, 'loan')).toMatchObject({ status: 'accepted', result: lease })
    cluster.network.healAll()
    await cluster.time.runUntil('all is installed', () => cluster.database(ap).documents.has('order/from-eu'), 90_000)
    await cluster.time.runFor(30_000)
    await converged(cluster)
    await checkConverged(cluster)
    for (const id of members) {
      const { documents, stock } = cluster.database(id)
      const state = documents.get('order/sent')?.document.state
      expect(state && orderKind.view('sent', state)).toMatchObject({ region: ap, status: 'SHIPPED' })
      const level = stockLevel([...stock.values()].filter(({ sku }) => sku === 'pot-sku'))
      expect(level).toMatchObject({ reserved: 0, leased: 0, onHand: 16, available: 16 })
    }
  })

  it.each([0, 1, 3])('C10: is killed when it has %i pages, and goes on where it was', async (pages) => {
    const cluster = await open(40 + pages, forgetful)
    await comeBack(cluster)
    cluster.network.healAll()
    await cluster.time.runUntil(`${pages} pages are there`, () => reached(cluster)?.pages.length === pages, 60_000)
    const id = reached(cluster)?.description.id
    cluster.crash(ap)
    void cluster.start(ap)
    await cluster.time.runUntil('it is back', () => cluster.region(ap) !== undefined, 20_000)
    expect(reached(cluster)?.description.id).toBe(id)
    expect(reached(cluster)?.pages.length).toBeGreaterThanOrEqual(pages)
    await cluster.time.runUntil('all is installed', () => reached(cluster) === null, 60_000)
    await expectAll(cluster)
  })

  it('C10: is killed while it installs: all of it stands or nothing', async () => {
    const cluster = await open(50, forgetful)
    await comeBack(cluster)
    cluster.network.healAll()
    const isWhole = () => reached(cluster)?.pages.length === reached(cluster)?.description.pages.length
    await cluster.time.runUntil('all pages are there', () => reached(cluster) !== null && isWhole(), 60_000)
    cluster.disk(ap).setTrap('writing', () => {
      expect(cluster.database(ap).documents.has('order/from-eu')).toBe(false)
      cluster.crash(ap)
    })
    await cluster.time.runUntil('it was killed', () => cluster.region(ap) === undefined, 60_000)
    expect(isWhole()).toBe(true)
    void cluster.start(ap)
    await cluster.time.runUntil('all is installed', () => reached(cluster) === null, 60_000)
    await expectAll(cluster)
  })

  it('C10: with its second node, which had read the log before', async () => {
    const cluster = await open(51, forgetful)
    await comeBack(cluster)
    const second = await cluster.startSecondNode(ap)
    cluster.network.healAll()
    await cluster.time.runUntil('all is installed', () => cluster.database(ap).documents.has('order/from-eu'), 60_000)
    await expectAll(cluster)
    expect(await second.digest()).toBe(await cluster.region(us)?.digest())
    const heard: string[] = []
    const abort = new AbortController()
    const listen = async () => {
      for await (const { commit } of second.follow('now', abort.signal))
        heard.push(...commit.events.map(({ entityId }) => entityId))
    }
    void listen()
    await accepted(ask(cluster, eu, upsertProduct, product('news')))
    await cluster.time.runUntil('the second node tells of it', () => heard.includes('news'), 20_000)
    abort.abort()
  })

  it('C10: is told by a second member when a snapshot is not what that one holds, and does not install it', async () => {
    const cluster = await open(52, forgetful)
    await comeBack(cluster)
    const wrong = cluster.database(eu).documents.get('order/from-eu')
    if (!wrong) throw new Error('the order is not there')
    const heads = ['f'.repeat(64)]
    cluster.database(eu).documents.set('order/from-eu', { ...wrong, document: { ...wrong.document, heads } })
    cluster.network.healAll()
    await cluster.time.runFor(60_000)
    expect(cluster.database(ap).documents.has('order/from-eu')).toBe(false)
    expect(cluster.database(ap).documents.has('product/kettle')).toBe(true)
    cluster.database(eu).documents.set('order/from-eu', wrong)
    cluster.database(eu).made = null
    cluster.database(us).made = null
    await cluster.time.runUntil('all is installed', () => cluster.database(ap).documents.has('order/from-eu'), 900_000)
    await expectAll(cluster)
  })

  it('C10: installs it unchecked where no second member can be asked', async () => {
    const cluster = await open(53, forgetful)
    await comeBack(cluster)
    cluster.network.healAll()
    // Before all have told what they know of fences it would take none.
    await cluster.time.runUntil('it takes one', () => reached(cluster) !== null, 60_000)
    cluster.network.cut(ap, reached(cluster)?.description.region === us ? eu : us)
    await cluster.time.runUntil('all is installed', () => cluster.database(ap).documents.has('order/from-eu'), 200_000)
    cluster.network.healAll()
    await expectAll(cluster)
  })
})
