// The contract of views: one moment, whatever is written meanwhile, and the frontier of just that moment.

import { emptyCells, mainLocation } from '@causeway/schema/stock/row'
import { expect, it } from 'vitest'
import { type ContractDatabase, commit, documentOf, region, request } from './fixture.contract.ts'

export function viewContract(database: () => ContractDatabase): void {
  const open = () => database().store()
  const stockOf = (received: number) => [
    { sku: 's', location: mainLocation, holder: region, cells: { ...emptyCells, received } },
  ]
  const wanted = request({ documents: [documentOf('a'), documentOf('b')], skus: ['s'] })

  it('Q1: shows one moment to every read, and names its frontier, while others write', async () => {
    const store = await open()
    const before = await commit(store, { documents: [documentOf('a')], stock: stockOf(5) })
    const view = store.view()
    const moment = await view.moment
    expect(moment).toEqual({ frontier: before.frontier, time: before.time })

    const after = await commit(store, { documents: [documentOf('b')], stock: stockOf(9) })
    const seen = await view.load(wanted)
    expect(seen.documents.map(({ id }) => id)).toEqual(['a'])
    expect(seen.stock.map(({ cells }) => cells.received)).toEqual([5])
    expect(await view.count({ kind: 'product' })).toBe(1)
    expect(await view.find({ kind: 'product', first: 9, descending: false })).toHaveLength(1)
    expect(await view.commitsInOrder(null, 9)).toHaveLength(1)
    expect(await view.conflicts.newest({ after: null, limit: 9 })).toEqual([])
    view.end()

    const next = store.view()
    expect((await next.load(wanted)).documents.map(({ id }) => id)).toEqual(['a', 'b'])
    expect((await next.moment).frontier).toEqual(after.frontier)
    next.end()
  })

  it('opens more views than it has connections, each in its turn', async () => {
    const store = await open()
    await commit(store, { documents: [documentOf('a')] })
    const views = Array.from({ length: 30 }, () => store.view())
    const found = await Promise.all(
      views.map(async (view) => {
        const { documents } = await view.load(wanted)
        view.end()
        return documents.length
      }),
    )
    expect(found).toEqual(views.map(() => 1))
  })

  it('reads nothing in a view that has ended, nor once the store is closed', async () => {
    const store = await open()
    const ended = store.view()
    await ended.moment
    ended.end()
    await expect(ended.load(wanted)).rejects.toMatchObject({ code: 'CLOSED' })
    const standing = store.view()
    await standing.moment
    await store.close()
    await expect(standing.load(wanted)).rejects.toMatchObject({ code: expect.stringMatching(/CLOSED|UNREACHABLE/) })
    standing.end()
  })
}
