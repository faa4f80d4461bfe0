// The store contract for an origin that has signed two logs (C6): what is applied beside its log, what together they owe, and
// that the other one takes the name.

import { rightsOf } from '@causeway/schema/stock/row'
import { expect, it } from 'vitest'
import type { Renamed } from '../renamed.ts'
import type { Store } from '../store.ts'
import { type ContractDatabase, commit, emptyWrite, follow, peer, region, request, rowOf } from './fixture.contract.ts'

const ap = 'ap-south-1'
const beside = `${peer}~0123456789abcdef`

const named = async (store: Store) =>
  (await store.commitsAfterPosition(0, 1 << 20)).map(({ commit }) => `${commit.origin}:${commit.lastSequence}`)

const pulled = async (store: Store) =>
  (await store.commitsAfterVector({}, 0, 1 << 20)).map(({ commit }) => `${commit.origin}:${commit.lastSequence}`)

/** One commit of `peer`, and two beside its log for the same place on. */
async function forked(store: Store): Promise<void> {
  await store.transact(async ({ head, write }) => {
    const { head: after, commits } = follow(head, [{ origin: peer }, { origin: beside, events: 2 }, { origin: beside }])
    const { [beside]: _, ...frontier } = after.frontier
    await write({ ...emptyWrite, commits, head: { ...after, frontier } })
  })
}

const late = { wallMs: 4_000_000_000_000, counter: 0 }

async function archiveAll(store: Store): Promise<void> {
  const { frontier } = await store.head()
  expect(await store.history.archive({ stable: frontier, before: late, smallBefore: late })).toMatchObject({
    commits: 3,
  })
}

function rename(store: Store, renamed: readonly Renamed[]): Promise<void> {
  return store.transact(({ head, write }) => {
    const last = renamed.at(-1)?.sequences.at(-1) ?? 0
    const frontier = { ...head.frontier, [peer]: last }
    return write({ ...emptyWrite, commits: [], head: { ...head, frontier }, renamed })
  })
}

export function forksContract(database: () => ContractDatabase): void {
  const open = () => database().store()

  it('C6: what is applied beside a log has a place there and is not pulled by anybody', async () => {
    const store = await open()
    await forked(store)
    expect(await named(store)).toEqual([`${peer}:1`, `${beside}:2`, `${beside}:3`])
    expect(await pulled(store)).toEqual([`${peer}:1`])
  })

  it('C6: the other log takes the name, and is pulled from then on in its place', async () => {
    const store = await open()
    await forked(store)
    await rename(store, [
      { from: peer, to: `${peer}~fedcba9876543210`, sequences: [1] },
      { from: beside, to: peer, sequences: [2, 3] },
    ])
    expect(await named(store)).toEqual([`${peer}~fedcba9876543210:1`, `${peer}:2`, `${peer}:3`])
    expect(await pulled(store)).toEqual([`${peer}:2`, `${peer}:3`])
  })

  it('C6: of what is not at hand nothing is renamed', async () => {
    const store = await open()
    await forked(store)
    await expect(rename(store, [{ from: beside, to: peer, sequences: [2, 4] }])).rejects.toThrow(/at hand/)
    expect(await named(store)).toEqual([`${peer}:1`, `${beside}:2`, `${beside}:3`])
  })

  it('C6 C11: what is archived takes its other name there, and beside a log nobody pulls it', async () => {
    const store = await open()
    await forked(store)
    await archiveAll(store)
    expect(await named(store)).toEqual([`${peer}:1`, `${beside}:2`, `${beside}:3`])
    expect(await pulled(store)).toEqual([`${peer}:1`])
    await rename(store, [
      { from: peer, to: `${peer}~fedcba9876543210`, sequences: [1] },
      { from: beside, to: peer, sequences: [2, 3] },
    ])
    expect(await named(store)).toEqual([`${peer}~fedcba9876543210:1`, `${peer}:2`, `${peer}:3`])
    expect(await pulled(store)).toEqual([`${peer}:2`, `${peer}:3`])
    await expect(rename(store, [{ from: beside, to: peer, sequences: [2] }])).rejects.toThrow(/at hand/)
  })

  it('C6 C11: what the log no longer reaches back to needs no name, and a peer that has the rest is served', async () => {
    const store = await open()
    await forked(store)
    await archiveAll(store)
    expect(await store.history.dropSegment(late)).toBe(true)
    await rename(store, [
      { from: peer, to: `${peer}~fedcba9876543210`, sequences: [1] },
      { from: beside, to: peer, sequences: [2, 3] },
    ])
    await commit(store)
    expect((await store.history.floor()).vector).toEqual({ [peer]: 1 })
    expect((await store.commitsAfterVector({ [peer]: 3 }, 0, 1 << 20)).map(({ commit }) => commit.origin)).toEqual([
      region,
    ])
  })

  it('C6 S1: the rows of both logs are merged, may owe together, and go on', async () => {
    const store = await open()
    const [left, right] = [{ [region]: 4 }, { [ap]: 4 }].map((given) => rowOf('x', { received: 5, given }, peer))
    if (left === undefined || right === undefined) throw new Error('two rows')
    await commit(store, { stock: [left] })
    const plain = rowOf('x', { received: 5, given: { [ap]: 5 } }, peer)
    await expect(commit(store, { stock: [plain] })).rejects.toMatchObject({ code: 'RIGHTS' })
    await commit(store, { stock: [{ ...right, mayOwe: true }] })
    const rightsIn = async () => {
      const { stock } = await store.load(request({ skus: ['x'] }))
      return Object.fromEntries(stock.map((row) => [row.holder, rightsOf(row)]))
    }
    expect(await rightsIn()).toEqual({ [peer]: -3, [region]: 4, [ap]: 4 })
    const given = { [region]: 4, [ap]: 4 }
    await commit(store, { stock: [rowOf('x', { received: 5, sold: 1, given }, peer)] })
    expect(await rightsIn()).toEqual({ [peer]: -4, [region]: 4, [ap]: 4 })
    const { stock } = await store.load(request({ skus: ['x'] }))
    const repair = { commits: [], documents: [], stock, conflicts: [], conflictsOf: [] }
    await store.transact((transaction) => transaction.repair({ ...repair, removedDocuments: [], removedStock: [] }))
    expect(await rightsIn()).toEqual({ [peer]: -4, [region]: 4, [ap]: 4 })
    await expect(commit(store, { stock: [rowOf('x', { sold: 5 }, ap)] })).rejects.toMatchObject({ code: 'RIGHTS' })
  })
}
