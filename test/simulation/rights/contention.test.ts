import type { CommandAnswer } from '@causeway/regions/region'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { recordStockMovements } from '@causeway/schema/stock/commands'
import { rightsByRegion } from '@causeway/schema/stock/levels'
import { describe, expect, it } from 'vitest'
import { SimulatedCluster } from '../cluster.ts'

const [ap, eu, us] = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
const regions: readonly string[] = [ap, eu, us]
const fiveRegions = [...regions, 'sa-east-1', 'af-south-1']
const principal = { subject: 'shop', roles: ['operator' as const], region: null }
const skus = ['hat', 'mug', 'pen']

class Shop {
  readonly cluster: SimulatedCluster

  constructor(seed: number, members: readonly string[]) {
    this.cluster = new SimulatedCluster(seed, members)
  }

  /** `stock`: rights of each region, by SKU: units that it got and has not shared. */
  static async open(seed: number, stock: Record<string, Record<string, number>>, members = regions): Promise<Shop> {
    const shop = new Shop(seed, members)
    await shop.cluster.startAll()
    const variants = skus.map((sku) => ({ sku, title: sku, price: { amount: '4.00', currencyCode: 'GBP' } }))
    await shop.all([shop.run(eu, upsertProduct, { id: 'goods', title: 'Goods', variants })])
    await shop.cluster.time.runFor(1_000)
    for (const [region, units] of Object.entries(stock)) {
      // Returns are not shared among the regions as receipts are.
      const movements = Object.entries(units).map(([sku, quantity]) => ({ id: sku, sku, kind: 'RETURN', quantity }))
      await shop.all([shop.run(region, recordStockMovements, { movements })])
    }
    await shop.cluster.time.runFor(1_000)
    return shop
  }

  run(region: string, command: { readonly name: string }, input: unknown, withinMs = 5_000): Promise<CommandAnswer> {
    const node = this.cluster.region(region)
    if (!node) throw new Error(`${region} is down`)
    const deadlineAt = this.cluster.time.clockOf(region).now() + withinMs
    return node.execute(command as never, input as never, { principal, resent: false, deadlineAt })
  }

  order(region: string, id: string, units: Record<string, number>): Promise<CommandAnswer> {
    const lines = Object.entries(units).map(([sku, quantity]) => ({ sku, quantity }))
    const parsed = placeOrder.parse({ id, lines })
    if (!('input' in parsed)) throw new Error('not an order')
    return this.run(region, placeOrder, parsed.input)
  }

  /** Lets time pass until all are answered. */
  async all<Answer>(asked: readonly Promise<Answer>[]): Promise<readonly Answer[]> {
    let answers: readonly Answer[] | undefined
    void Promise.all(asked).then((all) => {
      answers = all
    })
    await this.cluster.time.runUntil('every answer', () => answers !== undefined, 30_000)
    return answers ?? []
  }

  async rights(sku: string): Promise<Record<string, number>> {
    const node = this.cluster.region(eu)
    const request = { documents: [], ids: [], aliases: [], keys: [], bytes: [], skus: [sku] }
    const [rows] = await this.all([node?.store.load(request) ?? Promise.reject(new Error('down'))])
    const held = Object.fromEntries(rightsByRegion(rows?.stock ?? []).map(({ region, units }) => [region, units]))
    return Object.fromEntries(regions.map((region) => [region, held[region] ?? 0]))
  }
}

const codesOf = (answers: readonly CommandAnswer[]) =>
  answers.flatMap((answer) => (answer.status === 'refused' ? answer.errors.map(({ code }) => code) : []))

const isAccepted = ({ status }: CommandAnswer) => status === 'accepted'

describe('regions that compete for units', () => {
  it('S4: an order whose lines lie in three regions gets all of them, or takes none', async () => {
    const shop = await Shop.open(1, { [ap]: { hat: 2 }, [eu]: { mug: 3 }, [us]: { pen: 1 } })
    const [tooMuch] = await shop.all([shop.order(us, 'o1', { hat: 2, mug: 4, pen: 1 })])
    expect(tooMuch).toMatchObject({ status: 'refused', errors: [{ code: 'OUT_OF_STOCK', sku: 'mug', available: 3 }] })
    const [filled] = await shop.all([shop.order(us, 'o2', { hat: 2, mug: 3, pen: 1 })])
    expect(filled?.status).toBe('accepted')
    await shop.cluster.time.runFor(1_000)
    for (const sku of skus) expect(Object.values(await shop.rights(sku))).toEqual([0, 0, 0])
  })

  it('S4: an order for more than there is leaves the units where they are', async () => {
    const shop = await Shop.open(2, { [ap]: { hat: 2 }, [eu]: { hat: 3, mug: 9 } })
    const [refused] = await shop.all([shop.order(us, 'o1', { hat: 6, mug: 1 })])
    const rights = [
      { region: ap, units: 2 },
      { region: eu, units: 3 },
      { region: us, units: 0 },
    ]
    expect(refused).toMatchObject({ errors: [{ code: 'OUT_OF_STOCK', sku: 'hat', available: 5, rights }] })
    await shop.cluster.time.runFor(1_000)
    expect(await shop.rights('hat')).toEqual({ [ap]: 2, [eu]: 3, [us]: 0 })
    expect(await shop.rights('mug')).toEqual({ [ap]: 0, [eu]: 9, [us]: 0 })
  })

  it('S4: of two orders that each need what the other region holds, the older is filled and neither waits for ever', async () => {
    for (const seed of [3, 4, 5, 6]) {
      const shop = await Shop.open(seed, { [eu]: { hat: 1 }, [us]: { mug: 1 } })
      const startMs = shop.cluster.time.now()
      const asked = [shop.order(eu, 'in-eu', { hat: 1, mug: 1 }), shop.order(us, 'in-us', { hat: 1, mug: 1 })]
      const answers = await shop.all(asked)
      expect(answers.filter(isAccepted).length).toBe(1)
      expect(codesOf(answers)).toEqual(['OUT_OF_STOCK', 'OUT_OF_STOCK'])
      expect(shop.cluster.time.now() - startMs).toBeLessThan(3_000)
    }
  })

  it('S4: many orders that cross each other are all decided, and no unit is lost or sold twice', async () => {
    const skusOf = (index: number) => [skus[index % 3] ?? '', skus[(index + 1) % 3] ?? '']
    for (const seed of [7, 8]) {
      const shop = await Shop.open(seed, { [ap]: { hat: 6 }, [eu]: { mug: 6 }, [us]: { pen: 6 } })
      const asked = Array.from({ length: 24 }, (_, index) => {
        const [one = '', other = ''] = skusOf(index)
        return shop.order(regions[Math.floor(index / 3) % 3] ?? us, `o${index}`, { [one]: 1, [other]: 1 })
      })
      const answers = await shop.all(asked)
      expect(answers.filter(isAccepted).length).toBeGreaterThanOrEqual(7)
      expect([...new Set(codesOf(answers))]).toEqual(['OUT_OF_STOCK'])
      await shop.cluster.time.runFor(1_000)
      for (const sku of skus) {
        const sold = answers.filter((answer, index) => isAccepted(answer) && skusOf(index).includes(sku)).length
        const left = Object.values(await shop.rights(sku)).reduce((sum, units) => sum + units, 0)
        expect(sold + left).toBe(6)
      }
    }
  })

  it('S4: no region starves: of scarce units that all want at once, each region sells some', async () => {
    const shop = await Shop.open(9, { [eu]: { mug: 60 } })
    const asked = regions.flatMap((region) =>
      Array.from({ length: 30 }, async (_, index) => {
        await new Promise<void>((resolve) => shop.cluster.time.after(index * 40, resolve))
        const answer = await shop.order(region, `${region}-${index}`, { mug: 1 })
        return { region, answer }
      }),
    )
    const sold = (await shop.all(asked)).filter(({ answer }) => isAccepted(answer))
    expect(sold.length).toBe(60)
    for (const region of regions) expect(sold.filter((one) => one.region === region).length).toBeGreaterThan(10)
  })

  it('S4: no region starves among five either, and orders of two lines that lie apart are all decided', async () => {
    for (const seed of [12, 13]) {
      const shop = await Shop.open(seed, { [eu]: { mug: 60 }, [us]: { hat: 60 } }, fiveRegions)
      const asked = fiveRegions.flatMap((region) =>
        Array.from({ length: 20 }, async (_, index) => {
          await new Promise<void>((resolve) => shop.cluster.time.after(index * 40, resolve))
          const answer = await shop.order(region, `${region}-${index}`, { mug: 1, hat: 1 })
          return { region, answer }
        }),
      )
      const answers = await shop.all(asked)
      const sold = answers.filter(({ answer }) => isAccepted(answer))
      expect(sold.length).toBe(60)
      for (const region of fiveRegions) expect(sold.filter((one) => one.region === region).length).toBeGreaterThan(4)
    }
  })

  it('S3 S4: where requests arrive and answers do not, a sale waits until the line is known to be cut, and no unit is lost', async () => {
    const shop = await Shop.open(14, { [eu]: { mug: 30 } })
    await shop.all([shop.order(us, 'first', { mug: 1 })])
    shop.cluster.network.cutOneWay(eu, us)
    const answers: CommandAnswer[] = []
    for (let index = 0; index < 8; index++) {
      const startMs = shop.cluster.time.now()
      answers.push(...(await shop.all([shop.order(us, `o${index}`, { mug: 1 })])))
      expect(shop.cluster.time.now() - startMs).toBeLessThan(4_500)
    }
    // What was given over there comes by way of the third region.
    expect(answers.filter(isAccepted).length).toBe(8)
    shop.cluster.network.heal(eu, us)
    await shop.cluster.time.runFor(8_000)
    const left = await shop.rights('mug')
    expect(Object.values(left).reduce((sum, units) => sum + units, 0)).toBe(30 - 9)
  })

  it('S4: scarce units gather in the region that sells them, and stay there while others ask for one', async () => {
    const shop = await Shop.open(10, { [ap]: { mug: 2 }, [eu]: { mug: 2 }, [us]: { mug: 2 } })
    for (let index = 0; index < 4; index++) {
      await shop.all([shop.order(us, `u${index}`, { mug: 1 })])
      await shop.cluster.time.runFor(500)
    }
    expect(await shop.rights('mug')).toEqual({ [ap]: 0, [eu]: 0, [us]: 2 })
    await shop.all([shop.order(eu, 'e1', { mug: 1 })])
    await shop.cluster.time.runFor(1_000)
    expect(await shop.rights('mug')).toEqual({ [ap]: 0, [eu]: 0, [us]: 1 })
  })

  it('S4: units that lie with a region cut off are STOCK_UNREACHABLE, with how many and where; fewer can still be had', async () => {
    const shop = await Shop.open(11, { [ap]: { mug: 3 }, [eu]: { mug: 4 } })
    shop.cluster.network.cut(us, eu)
    shop.cluster.network.cut(ap, eu)
    const [refused] = await shop.all([shop.order(us, 'o1', { mug: 5 })])
    expect(refused).toMatchObject({ errors: [{ code: 'STOCK_UNREACHABLE', sku: 'mug', available: 7 }] })
    const [more] = await shop.all([shop.order(us, 'o2', { mug: 8 })])
    expect(more).toMatchObject({ errors: [{ code: 'OUT_OF_STOCK', sku: 'mug', available: 7 }] })
    const [fewer] = await shop.all([shop.order(us, 'o3', { mug: 3 })])
    expect(fewer?.status).toBe('accepted')
    const movements = [{ id: 'm1', sku: 'mug', kind: 'SALE', quantity: 2 }]
    const [moved] = await shop.all([shop.run(us, recordStockMovements, { movements })])
    expect(moved).toMatchObject({ result: { accepted: 0, rejected: [{ id: 'm1', code: 'STOCK_UNREACHABLE' }] } })
  })
})
