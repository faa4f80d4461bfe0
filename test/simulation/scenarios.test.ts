import { defaultRetention } from '@causeway/regions/history/retention'
import type { CommandAnswer, Region } from '@causeway/regions/region'
import type { CommandDefinition } from '@causeway/schema/documents/command'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { cancelOrder, shipOrder } from '@causeway/schema/documents/order/transitions'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import { stockLevel } from '@causeway/schema/stock/levels'
import { describe, expect, it } from 'vitest'
import { SimulatedCluster } from './cluster.ts'

const [ap, eu, us] = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
const principal = { subject: 'staff', roles: ['operator' as const], region: null }

class Shop {
  readonly cluster: SimulatedCluster

  constructor(seed: number) {
    this.cluster = new SimulatedCluster(seed, [ap, eu, us])
  }

  static async open(seed: number, units: number): Promise<Shop> {
    const shop = new Shop(seed)
    await shop.cluster.startAll()
    const variants = [{ sku: 'mug', title: 'Mug', price: { amount: '4.00', currencyCode: 'GBP' } }]
    await shop.ask(eu, upsertProduct, { id: 'mug-product', title: 'Mug', variants })
    await shop.ask(eu, receiveStock, { sku: 'mug', quantity: units })
    await shop.cluster.time.runFor(1_000)
    return shop
  }

  region(id: string): Region {
    const region = this.cluster.region(id)
    if (!region) throw new Error(`${id} is down`)
    return region
  }

  /** Asks and lets time pass until the answer is there. */
  async ask<Input>(
    region: string,
    command: CommandDefinition<Input>,
    input: unknown,
    call: { idempotencyKey?: string; resent?: boolean; withinMs?: number } = {},
  ): Promise<CommandAnswer> {
    const { withinMs = 5_000, resent = false, ...key } = call
    const deadlineAt = this.cluster.time.clockOf(region).now() + withinMs
    let answer: CommandAnswer | undefined
    let failure: unknown
    this.region(region)
      .execute(command, input as Input, { principal, resent, deadlineAt, ...key })
      .then(
        (value) => {
          answer = value
        },
        (error: unknown) => {
          failure = error
        },
      )
    await this.cluster.time.runUntil('the answer', () => answer !== undefined || failure !== undefined, withinMs * 4)
    if (answer === undefined) throw failure
    return answer
  }

  async available(region: string): Promise<number> {
    const empty = { documents: [], ids: [], aliases: [], keys: [], bytes: [] }
    const { stock } = await this.region(region).store.load({ ...empty, skus: ['mug'] })
    return stockLevel(stock).available
  }

  async order(region: string, id: string) {
    const empty = { ids: [], aliases: [], keys: [], bytes: [], skus: [] }
    const { documents } = await this.region(region).store.load({ ...empty, documents: [{ kind: 'order', id }] })
    const [document] = documents
    return document && orderKind.view(id, document.state)
  }
}

const lines = (quantity: number) => [{ sku: 'mug', quantity }]

describe('what a shopper and an operator see', () => {
  it('S3 S4: all ten mugs can be sold by one region, though they were shared among three', async () => {
    const shop = await Shop.open(1, 10)
    expect((await shop.ask(us, placeOrder, { id: 'o1', lines: lines(10) })).status).toBe('accepted')
    const refused = await shop.ask(us, placeOrder, { id: 'o2', lines: lines(1) })
    expect(refused).toMatchObject({ status: 'refused', errors: [{ code: 'OUT_OF_STOCK', sku: 'mug' }] })
    await shop.cluster.time.runFor(2_000)
    for (const region of [ap, eu, us]) expect(await shop.available(region)).toBe(0)
  })

  it('S4: thirty shoppers of one region buy the last thirty mugs at once, though two thirds lay elsewhere', async () => {
    const shop = await Shop.open(11, 30)
    const deadlineAt = shop.cluster.time.clockOf(us).now() + 8_000
    const answers: CommandAnswer[] = []
    for (let shopper = 0; shopper < 31; shopper++) {
      const parsed = placeOrder.parse({ id: `o${shopper}`, lines: lines(1) })
      if (!('input' in parsed)) throw new Error('not an order')
      const call = { principal, resent: false, deadlineAt }
      void shop
        .region(us)
        .execute(placeOrder, parsed.input, call)
        .then((answer) => answers.push(answer))
    }
    await shop.cluster.time.runUntil('every shopper is answered', () => answers.length === 31, 20_000)
    expect(answers.filter(({ status }) => status === 'accepted').length).toBe(30)
    expect(answers.find(({ status }) => status === 'refused')).toMatchObject({ errors: [{ code: 'OUT_OF_STOCK' }] })
  })

  it('S4: units that lie in a region cut off are named as unreachable, not as sold out', async () => {
    const shop = await Shop.open(2, 9)
    shop.cluster.network.cut(us, eu)
    shop.cluster.network.cut(us, ap)
    const refused = await shop.ask(us, placeOrder, { id: 'o1', lines: lines(5) })
    expect(refused).toMatchObject({ status: 'refused', errors: [{ code: 'STOCK_UNREACHABLE', sku: 'mug' }] })
    expect((await shop.ask(us, placeOrder, { id: 'o2', lines: lines(3) })).status).toBe('accepted')
  })

  it('S5: one order id placed in three regions cut off from each other is one order and one reservation', async () => {
    const shop = await Shop.open(3, 9)
    for (const [left, right] of [
      [ap, eu],
      [eu, us],
      [us, ap],
    ] as const)
      shop.cluster.network.cut(left, right)
    for (const [index, region] of [ap, eu, us].entries()) {
      expect((await shop.ask(region, placeOrder, { id: 'same', lines: lines(index + 1) })).status).toBe('accepted')
    }
    shop.cluster.network.healAll()
    await shop.cluster.time.runFor(15_000)
    const orders = await Promise.all([ap, eu, us].map((region) => shop.order(region, 'same')))
    expect(new Set(orders.map((order) => JSON.stringify(order?.lines))).size).toBe(1)
    const units = orders[0]?.lines[0]?.quantity ?? 0
    for (const region of [ap, eu, us]) expect(await shop.available(region)).toBe(9 - units)
  })

  it('S8: a cancellation gives back only once it is stable, and a shipment made meanwhile elsewhere stands', async () => {
    const shop = await Shop.open(4, 9)
    await shop.ask(us, placeOrder, { id: 'o1', lines: lines(2) })
    await shop.cluster.time.runFor(1_000)
    shop.cluster.network.cut(us, eu)
    shop.cluster.network.cut(ap, eu)
    expect((await shop.ask(us, cancelOrder, { id: 'o1' })).status).toBe('accepted')
    expect((await shop.ask(eu, shipOrder, { id: 'o1' })).status).toBe('accepted')
    await shop.cluster.time.runFor(10_000)
    expect(await shop.available(us)).toBe(7)
    shop.cluster.network.healAll()
    await shop.cluster.time.runFor(15_000)
    for (const region of [ap, eu, us]) {
      expect(await shop.order(region, 'o1')).toMatchObject({ status: 'SHIPPED', cancelled: false })
      expect(await shop.available(region)).toBe(7)
    }
  })

  it('I1: the same key answers the same in another region, and with another input is a conflict', async () => {
    const shop = await Shop.open(5, 9)
    const first = await shop.ask(us, receiveStock, { sku: 'mug', quantity: 3 }, { idempotencyKey: 'k' })
    await shop.cluster.time.runFor(1_000)
    const again = await shop.ask(eu, receiveStock, { sku: 'mug', quantity: 3 }, { idempotencyKey: 'k' })
    expect(again).toMatchObject({ status: 'accepted', result: first.status === 'accepted' ? first.result : null })
    const other = await shop.ask(eu, receiveStock, { sku: 'mug', quantity: 4 }, { idempotencyKey: 'k' })
    expect(other).toMatchObject({ status: 'refused', errors: [{ code: 'IDEMPOTENCY_CONFLICT' }] })
    await shop.cluster.time.runFor(5_000)
    for (const region of [ap, eu, us]) expect(await shop.available(region)).toBe(12)
  })

  it('a key that cannot be kept is refused before anything is written, and harms no one else', async () => {
    const shop = await Shop.open(14, 9)
    for (const idempotencyKey of ['', 'nul\u0000', 'k'.repeat(256)]) {
      const refused = await shop.ask(us, receiveStock, { sku: 'mug', quantity: 1 }, { idempotencyKey })
      expect(refused).toMatchObject({ status: 'refused', errors: [{ code: 'INVALID', field: ['idempotencyKey'] }] })
    }
  })

  it('I3: a resent command that is refused stays pending while a region cannot be asked, and is final once it can', async () => {
    const shop = await Shop.open(6, 3)
    shop.cluster.crash(ap)
    const call = { idempotencyKey: 'k', resent: true, withinMs: 2_000 }
    const input = { id: 'never-placed' }
    expect((await shop.ask(us, cancelOrder, input, call)).status).toBe('pending')
    void shop.cluster.start(ap)
    await shop.cluster.time.runFor(5_000)
    expect(await shop.ask(us, cancelOrder, input, call)).toMatchObject({
      status: 'refused',
      errors: [{ code: 'NOT_FOUND' }],
    })
  })

  it('I3: an order refused after a resend is not placed by the attempt that came late', async () => {
    const shop = await Shop.open(12, 9)
    const input = { id: 'late', lines: lines(50) }
    const refused = await shop.ask(eu, placeOrder, input, { resent: true })
    expect(refused).toMatchObject({ status: 'refused', errors: [{ code: 'OUT_OF_STOCK' }] })
    await shop.ask(us, receiveStock, { sku: 'mug', quantity: 60 })
    expect((await shop.ask(us, placeOrder, input)).status).toBe('refused')
    expect((await shop.ask(us, placeOrder, { ...input, id: 'another' })).status).toBe('accepted')
  })

  it('I3: an order placed elsewhere after all answers the resent attempt that was refused', async () => {
    const shop = await Shop.open(13, 9)
    shop.cluster.network.cut(us, eu)
    shop.cluster.network.cut(us, ap)
    expect((await shop.ask(us, placeOrder, { id: 'o1', lines: lines(3) })).status).toBe('accepted')
    const call = { resent: true, withinMs: 2_000 }
    await shop.ask(eu, placeOrder, { id: 'o2', lines: lines(6) })
    expect((await shop.ask(eu, placeOrder, { id: 'o1', lines: lines(3) }, call)).status).toBe('pending')
    shop.cluster.network.healAll()
    await shop.cluster.time.runFor(10_000)
    expect((await shop.ask(eu, placeOrder, { id: 'o1', lines: lines(3) }, call)).status).toBe('accepted')
  })

  it('I4: units of a resent receipt can be sold only once every region has heard of it', async () => {
    const shop = await Shop.open(7, 3)
    shop.cluster.network.cut(ap, eu)
    shop.cluster.network.cut(ap, us)
    const call = { idempotencyKey: 'k', resent: true }
    expect((await shop.ask(us, receiveStock, { sku: 'mug', quantity: 6 }, call)).status).toBe('accepted')
    await shop.cluster.time.runFor(10_000)
    expect(await shop.available(us)).toBe(3)
    shop.cluster.network.healAll()
    await shop.cluster.time.runFor(15_000)
    for (const region of [ap, eu, us]) expect(await shop.available(region)).toBe(9)
  })

  it('C4: a sale travels through the region that still sees both sides', async () => {
    const shop = await Shop.open(8, 9)
    shop.cluster.network.cut(us, ap)
    await shop.ask(us, placeOrder, { id: 'o1', lines: lines(1) })
    await shop.cluster.time.runFor(15_000)
    expect(await shop.order(ap, 'o1')).toMatchObject({ status: 'PLACED', region: us })
  })

  it('W8: a region restored from an old copy goes on under a new incarnation and gets back what it lost', async () => {
    const shop = await Shop.open(9, 9)
    const backup = shop.cluster.backUp(us)
    await shop.ask(us, placeOrder, { id: 'lost', lines: lines(1) })
    await shop.cluster.time.runFor(2_000)
    shop.cluster.crash(us)
    shop.cluster.restore(us, backup)
    void shop.cluster.start(us)
    await shop.cluster.time.runFor(10_000)
    expect(shop.region(us).origin).toBe(`${us}@2`)
    expect(await shop.order(us, 'lost')).toMatchObject({ status: 'PLACED' })
    expect((await shop.ask(us, receiveStock, { sku: 'mug', quantity: 3 })).status).toBe('accepted')
    await shop.cluster.time.runFor(5_000)
    for (const region of [ap, eu, us]) expect(await shop.available(region)).toBe(11)
  })

  it('W4: two nodes of one region take orders at once, and their log has no hole', async () => {
    const shop = await Shop.open(10, 30)
    const second = await shop.cluster.startSecondNode(us)
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => {
        const deadlineAt = shop.cluster.time.clockOf(us).now() + 5_000
        const node = index % 2 === 0 ? shop.region(us) : second
        const input = placeOrder.parse({ id: `o${index}`, lines: lines(1) })
        if (!('input' in input)) throw new Error('not an order')
        return node.execute(placeOrder, input.input, { principal, resent: false, deadlineAt })
      }),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill('accepted'))
    await shop.cluster.time.runFor(3_000)
    for (const region of [ap, eu, us]) expect(await shop.available(region)).toBe(20)
  })

  it('W4 C2: a node that takes over in a quiet region applies what comes next, though it stood by for what came before', async () => {
    const shop = await Shop.open(15, 30)
    await shop.cluster.startSecondNode(us)
    for (const id of ['before-1', 'before-2']) await shop.ask(eu, placeOrder, { id, lines: lines(1) })
    await shop.cluster.time.runFor(3_000)
    shop.cluster.crashNode(us, 0)
    await shop.cluster.time.runFor(5_000)
    await shop.ask(eu, placeOrder, { id: 'after', lines: lines(1) })
    await shop.cluster.time.runFor(10_000)
    expect(await shop.order(us, 'after')).toMatchObject({ status: 'PLACED' })
  })
})

describe('two nodes of a region', () => {
  it('W4: a node whose database was away when another one committed sees the commit soon, though nothing follows', async () => {
    let isArmed = false
    const onDurable = () => {
      if (isArmed) cluster.disk(eu).goAway(200)
      isArmed = false
    }
    const cluster: SimulatedCluster = new SimulatedCluster(3, [eu], defaultRetention, { onDurable })
    await cluster.startAll(() => 2)
    await cluster.time.runFor(1_000)
    const [one, other] = cluster.nodes(eu).map(({ region }) => region)
    if (!one || !other) throw new Error('both nodes are up')
    isArmed = true
    const call = { principal, resent: false, deadlineAt: cluster.time.clockOf(eu).now() + 5_000 }
    const variants = [{ sku: 'mug', title: 'Mug', price: { amount: '4.00', currencyCode: 'GBP' } }]
    void one.execute(upsertProduct, { id: 'mug-product', title: 'Mug', variants } as never, call)
    await cluster.time.runFor(2_000)
    const { frontier } = cluster.database(eu).head
    expect(frontier).not.toEqual({})
    expect(other.frontier()).toEqual(frontier)
  })
})
