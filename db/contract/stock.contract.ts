// The contract of stock rows: cells only grow, gifts count at their receiver, rights are never negative.

import { mainLocation, rightsOf, type StockCells } from '@causeway/schema/stock/row'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Store } from '../store.ts'
import { type ContractDatabase, commit, peer, region, request, rowOf } from './fixture.contract.ts'

const rowsOf = async (store: Store, ...skus: string[]) => (await store.load(request({ skus }))).stock

export function stockContract(database: () => ContractDatabase): void {
  const open = () => database().store()

  it('merges cells by maximum', async () => {
    const store = await open()
    await commit(store, { stock: [rowOf('x', { received: 10, sold: 3 })] })
    await commit(store, { stock: [rowOf('x', { received: 9, sold: 4, released: 1 })] })
    expect(await rowsOf(store, 'x')).toEqual([{ ...rowOf('x', { received: 10, sold: 4, released: 1 }), givenIn: 0 }])
  })

  it('S3: a gift counts once at its receiver, however often it is written', async () => {
    const store = await open()
    const gift = rowOf('x', { received: 10, given: { [peer]: 4 } })
    await commit(store, { stock: [gift] })
    await commit(store, { stock: [gift, gift] })
    expect(await rowsOf(store, 'x')).toEqual([
      { ...gift, givenIn: 0 },
      { ...rowOf('x', {}, peer), givenIn: 4 },
    ])
    await commit(store, { stock: [rowOf('x', { received: 10, given: { [peer]: 4, 'ap-south-1': 1 } })] })
    await commit(store, { stock: [rowOf('x', { received: 10, given: { [peer]: 3 } })] })
    const units = (await rowsOf(store, 'x')).map((row) => [row.holder, row.givenIn, rightsOf(row)])
    expect(units).toEqual([
      ['ap-south-1', 1, 1],
      [region, 0, 5],
      [peer, 4, 4],
    ])
  })

  it('S1: units given in the same write may be sold by their receiver', async () => {
    const store = await open()
    await commit(store, { stock: [rowOf('x', { sold: 4 }, peer), rowOf('x', { received: 4, given: { [peer]: 4 } })] })
    expect((await rowsOf(store, 'x')).map(rightsOf)).toEqual([0, 0])
    const oversold = commit(store, { stock: [rowOf('x', { sold: 5 }, peer)] })
    await expect(oversold).rejects.toMatchObject({ code: 'RIGHTS', retry: false })
    expect((await rowsOf(store, 'x')).map(rightsOf)).toEqual([0, 0])
  })

  it('S3: a gift counts once at its receiver, whatever its writer holds to have been given before', async () => {
    const store = await open()
    await commit(store, { stock: [rowOf('x', { received: 20 }), rowOf('y', { received: 20 })] })
    const give = (given: StockCells['given'], givenBefore: StockCells['given']) =>
      commit(store, { stock: ['x', 'y'].map((sku) => ({ ...rowOf(sku, { received: 20, given }), givenBefore })) })
    const received = async () =>
      (await rowsOf(store, 'x', 'y')).flatMap(({ sku, holder, givenIn }) =>
        givenIn === 0 ? [] : [`${sku} ${holder} ${givenIn}`],
      )
    await give({ [peer]: 4 }, {})
    expect(await received()).toEqual([`x ${peer} 4`, `y ${peer} 4`])
    await give({ [peer]: 6, 'ap-south-1': 1 }, { [peer]: 4 })
    const both = ['x', 'y'].flatMap((sku) => [`${sku} ap-south-1 1`, `${sku} ${peer} 6`])
    expect(await received()).toEqual(both)
    await give({ [peer]: 6, 'ap-south-1': 1 }, { [peer]: 4 })
    await give({ [peer]: 6, 'ap-south-1': 1 }, {})
    expect(await received()).toEqual(both)
    await expect(give({ [peer]: 20, 'ap-south-1': 1 }, { [peer]: 6, 'ap-south-1': 1 })).rejects.toMatchObject({
      code: 'RIGHTS',
    })
    expect(await received()).toEqual(both)
    expect((await rowsOf(store, 'x')).map(rightsOf)).toEqual([1, 13, 6])
  })

  it('S3: the first gifts of two holders to one that has no row yet count in one write', async () => {
    const store = await open()
    await commit(store, { stock: [rowOf('x', { received: 9 }), rowOf('x', { received: 9 }, peer)] })
    const gift = (holder: string, units: number) => ({
      ...rowOf('x', { received: 9, given: { 'ap-south-1': units } }, holder),
      givenBefore: {},
    })
    await commit(store, { stock: [gift(region, 2), gift(peer, 3), rowOf('x', { sold: 4 }, 'ap-south-1')] })
    expect((await rowsOf(store, 'x')).map((row) => [row.holder, row.givenIn, rightsOf(row)])).toEqual([
      ['ap-south-1', 5, 1],
      [region, 0, 7],
      [peer, 0, 6],
    ])
  })

  it('S1: units given in the same write, on top of others, may be given on and sold', async () => {
    const store = await open()
    const first = [rowOf('x', { received: 9, given: { [peer]: 2 } }), rowOf('x', { given: { 'ap-south-1': 1 } }, peer)]
    await commit(store, { stock: first })
    const more = [
      { ...rowOf('x', { sold: 1, given: { 'ap-south-1': 5 } }, peer), givenBefore: { 'ap-south-1': 1 } },
      { ...rowOf('x', { received: 9, given: { [peer]: 6 } }), givenBefore: { [peer]: 2 } },
      rowOf('x', { sold: 5 }, 'ap-south-1'),
    ]
    await commit(store, { stock: more })
    expect((await rowsOf(store, 'x')).map((row) => [row.holder, row.givenIn, rightsOf(row)])).toEqual([
      ['ap-south-1', 5, 0],
      [region, 0, 3],
      [peer, 6, 0],
    ])
  })

  it('keeps locations and cases of a SKU apart', async () => {
    const store = await open()
    const shop = { ...rowOf('x', { received: 2 }), location: 'shop' }
    await commit(store, { stock: [rowOf('x', { received: 1 }), shop, rowOf('X', { received: 3 })] })
    expect((await rowsOf(store, 'x')).map(({ location, cells }) => [location, cells.received])).toEqual([
      [mainLocation, 1],
      ['shop', 2],
    ])
    expect(await rowsOf(store, 'X', 'X', 'none')).toHaveLength(1)
  })

  it('scans rows by SKU, location and holder for digests', async () => {
    const store = await open()
    const rows = [
      rowOf('a', { received: 1 }),
      rowOf('b', { received: 1 }, peer),
      rowOf('b', { received: 1 }),
      rowOf('B', { received: 1 }),
    ]
    await commit(store, { stock: rows })
    const names: string[] = []
    let after: string | null = null
    do {
      const page: Awaited<ReturnType<Store['scanStock']>> = await store.scanStock(after, 3)
      names.push(...page.rows.map(({ sku, holder }) => `${sku} ${holder}`))
      after = page.next
    } while (after !== null)
    expect(names).toEqual([`B ${region}`, `a ${region}`, `b ${region}`, `b ${peer}`])
  })

  it('S1: no order of writes makes rights negative or a gift count twice', async () => {
    const holders = [region, peer, 'ap-south-1']
    const step = fc.record({
      holder: fc.constantFrom(...holders),
      received: fc.nat({ max: 9 }),
      sold: fc.nat({ max: 9 }),
      to: fc.constantFrom(...holders),
      units: fc.nat({ max: 5 }),
      /** Whether the writer says what the row had given. */
      isHint: fc.boolean(),
    })
    const store = await open()
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 4 }), async (writes) => {
        run += 1
        const sku = `sku-${run}`
        for (const steps of writes) {
          const before = await rowsOf(store, sku)
          const stock = steps.map(({ holder, received, sold, to, units, isHint }) => {
            const given = { ...before.find((row) => row.holder === holder)?.cells.given }
            const more = to === holder ? given : { ...given, [to]: (given[to] ?? 0) + units }
            const write = rowOf(sku, { received, sold, given: more }, holder)
            return isHint ? { ...write, givenBefore: given } : write
          })
          await commit(store, { stock }).catch((error: unknown) => expect(error).toMatchObject({ code: 'RIGHTS' }))
          const rows = await rowsOf(store, sku)
          for (const row of rows) {
            expect(rightsOf(row)).toBeGreaterThanOrEqual(0)
            const givenIn = rows.reduce((sum, { cells }) => sum + (cells.given[row.holder] ?? 0), 0)
            expect(row.givenIn).toBe(givenIn)
          }
        }
      }),
      { numRuns: 40 },
    )
  })
}
