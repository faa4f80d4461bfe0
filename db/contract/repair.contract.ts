// Rows put right: what a repair writes stands as it is given, without merging, whole or not at all, and the other nodes
// learn that what they remember is worth nothing.

import { emptyVector } from '@causeway/schema/clock/version-vector'
import { emptyCells, mainLocation } from '@causeway/schema/stock/row'
import { expect, it } from 'vitest'
import type { RepairSet } from '../integrity.ts'
import type { Store } from '../store.ts'
import { pairOf } from './conflicts.contract.ts'
import {
  type ContractDatabase,
  commit,
  documentOf,
  emptyIndex,
  peer,
  region,
  request,
  rings,
  rowOf,
} from './fixture.contract.ts'

const nothing: RepairSet = {
  commits: [],
  documents: [],
  stock: [],
  conflicts: [],
  conflictsOf: [],
  removedDocuments: [],
  removedStock: [],
}

const repair = (store: Store, set: Partial<RepairSet>) =>
  store.transact((transaction) => transaction.repair({ ...nothing, ...set }))

export function repairContract(database: () => ContractDatabase): void {
  it('C9: a repair sets a stock row to what it is given, lower cells too, and counts itself', async () => {
    const store = await database().store()
    await commit(store, { stock: [rowOf('mug', { received: 10, sold: 4 })] })
    const before = await store.head()
    const row = {
      sku: 'mug',
      location: mainLocation,
      holder: region,
      cells: { ...emptyCells, received: 7 },
      givenIn: 2,
    }
    await repair(store, { stock: [row] })
    expect((await store.load(request({ skus: ['mug'] }))).stock).toEqual([row])
    expect(await store.head()).toEqual({ ...before, repairs: before.repairs + 1 })
  })

  it('C9, S1: a repair that would leave negative rights writes nothing', async () => {
    const store = await database().store()
    await commit(store, { stock: [rowOf('mug', { received: 10 })] })
    const cells = { ...emptyCells, sold: 1 }
    const broken = repair(store, { stock: [{ sku: 'mug', location: mainLocation, holder: region, cells, givenIn: 0 }] })
    await expect(broken).rejects.toMatchObject({ code: 'RIGHTS' })
    const { stock } = await store.load(request({ skus: ['mug'] }))
    expect(stock.map((row) => row.cells.received)).toEqual([10])
  })

  it('C9: documents that a store has written and repaired are filed as their index says', async () => {
    const store = await database().store()
    const alias = { name: 'sku:mug', time: { wallMs: 5, counter: 2 }, region }
    const index = { ...emptyIndex, sortKey: 'k', owner: 'c1', status: 'ACTIVE', tags: ['b', 'a'], aliases: [alias] }
    await commit(store, { documents: [{ ...documentOf('a'), index }, documentOf('b')] })
    const refs = ['a', 'b', 'none'].map((id) => ({ kind: 'product', id }))
    expect(await store.misfiled(refs)).toEqual([])
    const { documents, bytes } = await store.load(request({ documents: refs, bytes: refs }))
    const [first] = documents.flatMap((document) =>
      bytes.flatMap((one) => (one.id === document.id ? [{ ...one, ...document }] : [])),
    )
    await repair(store, { documents: first === undefined ? [] : [first] })
    expect(await store.transact((transaction) => transaction.misfiled(refs))).toEqual([])
  })

  it('C9: a repair takes away rows that the log knows nothing of', async () => {
    const store = await database().store()
    await commit(store, {
      documents: [documentOf('a'), documentOf('b')],
      stock: [rowOf('mug', { received: 1 }), rowOf('mug', { received: 2 }, peer)],
    })
    await repair(store, {
      removedDocuments: [{ kind: 'product', id: 'a' }],
      removedStock: [{ sku: 'mug', location: mainLocation, holder: peer }],
    })
    const documents = [
      { kind: 'product', id: 'a' },
      { kind: 'product', id: 'b' },
    ]
    const loaded = await store.load(request({ documents, bytes: documents, ids: ['a'], skus: ['mug'] }))
    expect(loaded.documents.map(({ id }) => id)).toEqual(['b'])
    expect(loaded.bytes.map(({ id }) => id)).toEqual(['b'])
    expect(loaded.ids).toEqual([])
    expect(loaded.stock.map(({ holder }) => holder)).toEqual([region])
  })

  it('C9: a repaired document is the one it was given, bytes and claims and all, and goes on changing from its heads', async () => {
    const store = await database().store()
    const alias = { name: 'email:x', time: { wallMs: 1, counter: 0 }, region }
    await commit(store, { documents: [documentOf('a', { aliases: [alias], sortKey: 'wrong' })] })
    const { newChanges, expectedHeads: _, ...document } = documentOf('a', { sortKey: 'right' })
    const bytes = { snapshot: Uint8Array.of(1, 2), changes: newChanges, marks: [], superseded: null }
    await repair(store, { documents: [{ ...document, ...bytes }] })
    const at = [{ kind: 'product', id: 'a' }]
    const loaded = await store.load(request({ documents: at, bytes: at, aliases: ['email:x'] }))
    expect(loaded.documents).toEqual([{ ...document, index: { ...emptyIndex, sortKey: 'right' } }])
    expect(loaded.bytes).toEqual([{ kind: 'product', id: 'a', ...bytes }])
    expect(loaded.aliases).toEqual([])
    await commit(store, { documents: [documentOf('a', { version: 2 })] })
  })

  it('C9: a repaired commit stands at its place with its own bytes', async () => {
    const store = await database().store()
    for (let index = 0; index < 3; index += 1) await commit(store)
    const stored = await store.commitsAfterPosition(0, 1_000_000)
    const second = stored[1]
    if (second === undefined) throw new Error('no second commit')
    const mended = { ...second, commit: { ...second.commit, bytes: Uint8Array.of(7, 7, 7) }, touched: ['product/p'] }
    await repair(store, { commits: [mended] })
    expect(await store.commitsAfterPosition(0, 1_000_000)).toEqual([stored[0], mended, stored[2]])
    const byVector = await store.commitsAfterVector(emptyVector, 0, 1_000_000)
    expect(byVector.map(({ position }) => position)).toEqual([1, 2, 3])
    expect((await store.commitsInOrder(null, 10)).map(({ bytes }) => bytes.length === 3)).toEqual([false, true, false])
  })

  it('C9, C11: a commit is put right in the archive, too, where every reader finds it', async () => {
    const store = await database().store()
    for (let index = 0; index < 4; index += 1) await commit(store)
    const { frontier, time } = await store.head()
    const ever = { wallMs: time.wallMs + 1_000_000, counter: 0 }
    const request = { stable: frontier, before: ever, smallBefore: ever }
    expect((await store.history.archive(request)).commits).toBe(4)
    const stored = await store.commitsAfterPosition(0, 1_000_000)
    const third = stored[2]
    if (third === undefined) throw new Error('no third commit')
    const mended = { ...third, commit: { ...third.commit, bytes: Uint8Array.of(7, 7, 7) } }
    await repair(store, { commits: [{ ...mended, touched: ['product/p'] }] })
    expect(await store.commitsAfterPosition(0, 1_000_000)).toEqual([stored[0], stored[1], mended, stored[3]])
    expect((await store.history.size()).archivedCommits).toBe(4)
    const isMended = (await store.commitsInOrder(null, 10)).map(({ bytes }) => bytes.length === 3)
    expect(isMended).toEqual([false, false, true, false])
  })

  it('C9: the conflict log of a document is what a repair is given, and no other document loses a pair', async () => {
    const store = await database().store()
    const [first, second] = [pairOf(1, 11, { document: 'mug' }), pairOf(2, 12, { document: 'mug' })]
    const other = pairOf(3, 13, { document: 'other' })
    await commit(store, { conflicts: [first, second, other] })
    const right = { ...first, later: { ...first.later, value: 'right' } }
    await repair(store, { conflicts: [right], conflictsOf: [{ kind: 'product', id: 'mug' }] })
    const { rows } = await store.conflicts.scan(null, 10)
    expect(rows).toEqual([right, other])
  })

  it('C9, W4: a repair rings at the other nodes of the region', async () => {
    const [left, right] = [await database().store(), await database().store()]
    const rung = rings(right)
    await repair(left, {})
    await rung
    expect((await right.head()).repairs).toBe(1)
  })
}
