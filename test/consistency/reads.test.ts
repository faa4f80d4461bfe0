// What a shop's pages show when their reads and writes go to different regions: through a real gateway before three
// regions, with one of them cut off from the others.

import { receiveStock, upsertProduct } from '@causeway/regions/http/shop.testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openShop, type Shop, session } from './gateway.testing.ts'

const [us, eu, ap] = ['us-east-1', 'eu-west-1', 'ap-south-1'] as const
const title = (id: string) => `{ product(id: "${id}") { title } }`
let shop: Shop

const rename = (id: string, name: string, region: string) =>
  shop.ask(upsertProduct, { input: { id, title: name } }, {}, region)

beforeAll(async () => {
  shop = await openShop([us, eu, ap], eu)
  for (const id of ['mug', 'lamp', 'vase']) {
    const variants = [{ sku: id, price: { amount: '1.00', currencyCode: 'GBP' } }]
    expect((await shop.ask(upsertProduct, { input: { id, title: 'New', variants } })).errors).toEqual([])
    expect((await shop.ask(receiveStock, { input: { sku: id, quantity: 10 } })).errors).toEqual([])
  }
})
afterAll(() => shop.stop())

describe('a caller who writes in us and reads in eu', () => {
  it('Q1: reads their own write with its token, each of thirty times', async () => {
    for (let turn = 1; turn <= 30; turn++) {
      const wrote = await rename('mug', `Mug ${turn}`, us)
      const read = await shop.ask(title('mug'), {}, session(wrote), eu)
      expect(read.headers.get('causeway-region')).toBe(eu)
      expect(read.data).toEqual({ product: { title: `Mug ${turn}` } })
    }
  })

  it('Q1: and with the token of that read, what they saw stays seen in a third region', async () => {
    await rename('mug', 'Seen in us', us)
    const seen = await shop.ask(title('mug'), {}, {}, us)
    const elsewhere = await shop.ask(title('mug'), {}, session(seen), ap)
    expect(elsewhere.data).toEqual({ product: { title: 'Seen in us' } })
  })

  it('Q3: a caller without any token reads it with strong, too', async () => {
    for (let turn = 1; turn <= 10; turn++) {
      await rename('mug', `Strong ${turn}`, [us, eu, ap][turn % 3] ?? us)
      const read = await shop.ask(title('mug'), {}, { 'causeway-consistency': 'strong' }, [eu, ap, us][turn % 3] ?? eu)
      expect(read.data).toEqual({ product: { title: `Strong ${turn}` } })
    }
  })

  it('a consistency that does not exist is told in words', async () => {
    const { errors } = await shop.ask(title('mug'), {}, { 'causeway-consistency': 'serializable' })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    expect(errors[0]?.message).toContain('eventual, session, strong or bounded;ms=N')
  })
})

describe('while no other region sees eu, where the gateway stands', () => {
  beforeAll(() => shop.isolate(eu))

  it('Q1: the gateway takes a read with a token that eu does not hold to a region that does', async () => {
    const wrote = await rename('lamp', 'Renamed in us', us)
    const plain = await shop.ask(title('lamp'))
    expect(plain.headers.get('causeway-region')).toBe(eu)
    expect(plain.data).toEqual({ product: { title: 'New' } })
    const read = await shop.ask(title('lamp'), {}, session(wrote))
    expect(read.data).toEqual({ product: { title: 'Renamed in us' } })
    expect([us, ap]).toContain(read.headers.get('causeway-region'))
  })

  it('Q1: and where the caller wants eu alone, says STALE_READ and whose writes are missing', async () => {
    const wrote = await rename('lamp', 'Renamed again', us)
    const { errors } = await shop.ask(title('lamp'), {}, session(wrote), eu)
    expect(errors).toMatchObject([{ extensions: { code: 'STALE_READ' } }])
    expect(errors[0]?.message).toMatch(
      /^eu-west-1 has not yet applied .* events? of .*us-east-1 did not arrive in time/,
    )
  })

  it('Q3: a strong read is given by nobody, and each region says whom it cannot ask', async () => {
    const { errors } = await shop.ask(title('lamp'), {}, { 'causeway-consistency': 'strong' })
    expect(errors).toMatchObject([{ extensions: { code: 'STALE_READ' } }])
    expect(errors[0]?.message).toMatch(/us-east-1 cannot give a strong read now: .*eu-west-1/)
  })

  it('Q2: a read that may be a minute old is given by eu all the same', async () => {
    const read = await shop.ask(title('lamp'), {}, { 'causeway-consistency': 'bounded;ms=60000' })
    expect(read.errors).toEqual([])
    expect(read.headers.get('causeway-region')).toBe(eu)
  })

  it('Q2: one that may be a tenth of a second old is given by nobody: eu may be selling', async () => {
    const { errors } = await shop.ask(title('lamp'), {}, { 'causeway-consistency': 'bounded;ms=100' })
    expect(errors).toMatchObject([{ extensions: { code: 'STALE_READ' } }])
  })

  it('Q1, Q2, Q3: once they see each other again, every level is served by eu', async () => {
    const wrote = await rename('vase', 'After the cut', ap)
    shop.rejoin(eu)
    for (const headers of [
      session(wrote),
      { 'causeway-consistency': 'strong' },
      { 'causeway-consistency': 'bounded;ms=0' },
    ]) {
      const read = await shop.ask(title('vase'), {}, headers, eu)
      expect(read.errors).toEqual([])
      expect(read.data).toEqual({ product: { title: 'After the cut' } })
    }
  })
})
