// The contract of what is found, and in which order: the same from every implementation.

import { expect, it } from 'vitest'
import type { DocumentQuery, FoundDocument, Store } from '../store.ts'
import {
  type ContractDatabase,
  commit,
  documentOf,
  emptyWrite,
  follow,
  outcomeOf,
  peer,
  region,
  request,
} from './fixture.contract.ts'

const at = (wallMs: number) => ({ wallMs, counter: 0 })

const idsOf = (found: readonly FoundDocument[]) => found.map(({ document }) => document.id)

/** All pages of a query, two rows at a time. */
async function pages(store: Store, query: Omit<DocumentQuery, 'first' | 'after'>): Promise<readonly string[]> {
  const ids: string[] = []
  let page = await store.find({ ...query, first: 2 })
  while (page.length > 0) {
    ids.push(...idsOf(page))
    const last = page.at(-1)
    if (last === undefined) break
    const { document, rank } = last
    page = await store.find({ ...query, first: 2, after: { sortKey: document.index.sortKey, id: document.id, rank } })
  }
  return ids
}

export function readContract(database: () => ContractDatabase): void {
  const open = () => database().store()

  it('gives back documents as they were written', async () => {
    const store = await open()
    const odd = documentOf('odd', {
      value: 'null \u0000, quotes "\\", lone \ud800, emoji 🧺',
      owner: 'c-1',
      status: 'PLACED',
      tags: ['a,b', '"q"', '{}'],
      searchText: ['nul \u0000 word'],
      sortKey: 'k',
    })
    const plain = documentOf('plain', { kind: 'order' })
    await commit(store, { documents: [odd, plain] })
    const loaded = await store.load(
      request({ documents: [odd, plain, { kind: 'product', id: 'none' }], ids: ['odd', 'plain', 'none'] }),
    )
    const stored = [odd, plain].map(({ kind, id, heads, state, index }) => ({ kind, id, heads, state, index }))
    expect(new Map(loaded.documents.map((document) => [document.id, document]))).toEqual(
      new Map(stored.map((document) => [document.id, document])),
    )
    expect(loaded.ids).toEqual(
      expect.arrayContaining([
        { kind: 'product', id: 'odd' },
        { kind: 'order', id: 'plain' },
      ]),
    )
    expect(loaded.ids).toHaveLength(2)
  })

  it('finds nothing under a name that nothing can have, and what else was asked for all the same', async () => {
    const store = await open()
    await commit(store, { documents: [documentOf('a')] })
    const none = { kind: 'product', id: 'a\u0000' }
    const names = ['a\u0000', '\u0000', 'lone \ud800']
    const loaded = await store.load(
      request({
        documents: [none, documentOf('a')],
        bytes: [none],
        ids: names,
        aliases: names,
        skus: names,
        keys: names,
      }),
    )
    expect(idsOf(loaded.documents.map((document) => ({ document, rank: 0 })))).toEqual(['a'])
    expect({ ...loaded, documents: [] }).toEqual({
      documents: [],
      ids: [],
      aliases: [],
      stock: [],
      outcomes: [],
      bytes: [],
    })
  })

  it('keeps changes in order after the snapshot that replaced the earlier ones', async () => {
    const store = await open()
    const bytes = (...values: number[]) => new Uint8Array(values)
    const read = async () => (await store.load(request({ bytes: [{ kind: 'product', id: 'a' }] }))).bytes
    const unfolded = { kind: 'product', id: 'a', marks: [], superseded: null }
    await commit(store, { documents: [documentOf('a', { newChanges: [bytes(1, 0, 255), bytes(2)] })] })
    await commit(store, { documents: [documentOf('a', { version: 2, newChanges: [bytes(3)] })] })
    expect(await read()).toEqual([{ ...unfolded, snapshot: null, changes: [bytes(1, 0, 255), bytes(2), bytes(3)] }])
    await commit(store, { documents: [documentOf('a', { version: 3, snapshot: bytes(9, 9), newChanges: [] })] })
    expect(await read()).toEqual([{ ...unfolded, snapshot: bytes(9, 9), changes: [] }])
    await commit(store, { documents: [documentOf('a', { version: 4, newChanges: [bytes(4), bytes()] })] })
    expect(await read()).toEqual([{ ...unfolded, snapshot: bytes(9, 9), changes: [bytes(4), bytes()] }])
  })

  it('of two claims to one alias the earliest stands, and a claim given up frees the name', async () => {
    const store = await open()
    const claim = (wallMs: number, from: string) => [{ name: 'sku:1', time: at(wallMs), region: from }]
    const claimant = async () =>
      (await store.load(request({ aliases: ['sku:1', 'sku:2'] }))).aliases.map(({ alias, document }) => [
        alias,
        document.id,
      ])
    await commit(store, { documents: [documentOf('late', { aliases: claim(8, region) })] })
    expect(await claimant()).toEqual([['sku:1', 'late']])
    await commit(store, {
      documents: [documentOf('early', { aliases: claim(7, peer) }), documentOf('tied', { aliases: claim(7, region) })],
    })
    expect(await claimant()).toEqual([['sku:1', 'tied']])
    await commit(store, {
      documents: [documentOf('tied', { version: 2 }), documentOf('late', { version: 2, aliases: claim(9, region) })],
    })
    expect(await claimant()).toEqual([['sku:1', 'early']])
    await commit(store, { documents: [documentOf('early', { version: 2, aliases: claim(10, peer) })] })
    expect(await claimant()).toEqual([['sku:1', 'late']])
  })

  it('keeps one outcome per key and origin, the later one', async () => {
    const store = await open()
    const remote = outcomeOf('k', { origin: peer, accepted: false, resent: true })
    await commit(store, { outcomes: [outcomeOf('k'), remote, outcomeOf('other')] })
    await commit(store, { outcomes: [outcomeOf('k', { sequence: 2, result: { n: [1, null, 'x'] } })] })
    await commit(store, { outcomes: [outcomeOf('k', { sequence: 1 })] })
    const loaded = await store.load(request({ keys: ['k', 'none', 'k'] }))
    expect(loaded.outcomes).toEqual([outcomeOf('k', { sequence: 2, result: { n: [1, null, 'x'] } }), remote])
  })

  it('lists by sort key, then id, both ways, without a gap or a repeat between pages', async () => {
    const store = await open()
    const ids = ['a', 'B', 'b', 'a-1', 'a.1', 'a_1', 'Z', '9']
    await commit(store, {
      documents: [
        ...ids.map((id, index) => documentOf(id, { sortKey: index % 2 === 0 ? '1' : '2' })),
        documentOf('other', { kind: 'order' }),
      ],
    })
    const expected = ['9', 'B', 'a-1', 'a_1']
      .map((id) => ['2', id])
      .concat(['Z', 'a', 'a.1', 'b'].map((id) => ['1', id]))
      .sort(([leftKey = '', left = ''], [rightKey = '', right = '']) =>
        leftKey === rightKey ? (left < right ? -1 : 1) : leftKey < rightKey ? -1 : 1,
      )
      .map(([, id]) => id)
    expect(await pages(store, { kind: 'product', descending: false })).toEqual(expected)
    expect(await pages(store, { kind: 'product', descending: true })).toEqual([...expected].reverse())
    expect(await store.count({ kind: 'product' })).toBe(8)
  })

  it('finds by owner, status and tag together', async () => {
    const store = await open()
    await commit(store, {
      documents: [
        documentOf('1', { owner: 'c', status: 'PAID', tags: ['red', 'new'] }),
        documentOf('2', { owner: 'c', status: 'PLACED', tags: ['red'] }),
        documentOf('3', { owner: 'd', status: 'PAID', tags: ['blue'] }),
      ],
    })
    const ids = async (query: Partial<DocumentQuery>) => [
      await pages(store, { kind: 'product', descending: false, ...query }),
      await store.count({ kind: 'product', ...query }),
    ]
    expect(await ids({ owner: 'c' })).toEqual([['1', '2'], 2])
    expect(await ids({ status: 'PAID' })).toEqual([['1', '3'], 2])
    expect(await ids({ tag: 'red' })).toEqual([['1', '2'], 2])
    expect(await ids({ owner: 'c', status: 'PAID', tag: 'red' })).toEqual([['1'], 1])
    expect(await ids({ owner: 'c', tag: 'blue' })).toEqual([[], 0])
    await commit(store, { documents: [documentOf('2', { version: 2, owner: 'c', status: 'PAID' })] })
    expect(await ids({ owner: 'c', status: 'PAID' })).toEqual([['1', '2'], 2])
    expect(await ids({ tag: 'red' })).toEqual([['1'], 1])
  })

  it('finds words, beginnings, phrases and choices, the best first', async () => {
    const store = await open()
    await commit(store, {
      documents: [
        documentOf('lantern', { searchText: ['Red Lantern', 'hangs in trees'] }),
        documentOf('mug', { searchText: ['Blue Mug', 'goes with the red lantern'] }),
        documentOf('box', { searchText: ['Tin Box', 'for sweets'] }),
        documentOf('gone', { searchText: [] }),
      ],
    })
    const search = (text: string) => pages(store, { kind: 'product', search: text, descending: false })
    expect(await search('red lantern')).toEqual(['lantern', 'mug'])
    expect(await search('LANT')).toEqual(['lantern', 'mug'])
    expect(await search('red -blue')).toEqual(['lantern'])
    expect([...(await search('tin or mug'))].sort()).toEqual(['box', 'mug'])
    expect(await search('"lantern red"')).toEqual([])
    expect(await search('"red lantern"')).toEqual(['lantern', 'mug'])
    expect(await search('lantern red')).toEqual(['lantern', 'mug'])
    for (const none of ['ant', '', '  ', '!&|:*()', 'nothing', "'"]) expect(await search(none)).toEqual([])
    expect(await store.count({ kind: 'product', search: 'red' })).toBe(2)
    await commit(store, { documents: [documentOf('mug', { version: 2, searchText: ['Blue Mug'] })] })
    expect(await search('red')).toEqual(['lantern'])
  })

  it('scans documents by kind and id', async () => {
    const store = await open()
    await commit(store, { documents: [documentOf('b'), documentOf('a'), documentOf('z', { kind: 'order' })] })
    const first = await store.scanDocuments(null, 2)
    expect(first.rows.map(({ kind, id }) => `${kind}/${id}`)).toEqual(['order/z', 'product/a'])
    const second = await store.scanDocuments(first.next, 2)
    expect(second.rows.map(({ id }) => id)).toEqual(['b'])
    expect(second.next).toBeNull()
    const alone = await store.scanDocuments(null, 1, 'product')
    expect(alone.rows.map(({ id }) => id)).toEqual(['a'])
    expect(await store.scanDocuments(alone.next, 1, 'product')).toMatchObject({ rows: [{ id: 'b' }], next: null })
    expect(await store.scanDocuments(null, 1, 'order')).toMatchObject({ rows: [{ id: 'z' }], next: null })
  })

  it('C4: gives commits after a position or a vector, at least one, up to a size', async () => {
    const store = await open()
    const bytes = new Uint8Array(1000)
    const drafts = [region, peer, region, peer, peer].map((origin) => ({
      origin,
      events: 2,
      bytes,
      touched: ['order/1'],
    }))
    await store.transact(async (transaction) =>
      transaction.write({ ...follow(transaction.head, drafts), ...emptyWrite }),
    )
    const positions = (commits: readonly { position: number }[]) => commits.map(({ position }) => position)
    expect(positions(await store.commitsAfterPosition(0, 1e6))).toEqual([1, 2, 3, 4, 5])
    expect(positions(await store.commitsAfterPosition(1, 2000))).toEqual([2, 3])
    expect(positions(await store.commitsAfterPosition(1, 1))).toEqual([2])
    expect(await store.commitsAfterPosition(5, 1e6)).toEqual([])
    expect(positions(await store.commitsAfterVector({}, 0, 1e6))).toEqual([1, 2, 3, 4, 5])
    expect(positions(await store.commitsAfterVector({ [region]: 4 }, 0, 1e6))).toEqual([2, 4, 5])
    expect(positions(await store.commitsAfterVector({ [region]: 2, [peer]: 4 }, 0, 1))).toEqual([3])
    expect(positions(await store.commitsAfterVector({ [peer]: 2 }, 2, 1e6))).toEqual([3, 4, 5])
    expect(await store.commitsAfterVector({ [region]: 4, [peer]: 6 }, 0, 1e6)).toEqual([])
    const [whole] = await store.commitsAfterPosition(4, 1)
    expect(whole?.commit.bytes).toEqual(bytes)
    expect(whole?.touched).toEqual(['order/1'])
  })

  it('gives commits by hybrid time and origin', async () => {
    const store = await open()
    const drafts = [
      { origin: region, wallMs: 1_764_000_000_005 },
      { origin: peer, wallMs: 1_764_000_000_001 },
      { origin: region, wallMs: 1_764_000_000_007 },
      { origin: peer, wallMs: 1_764_000_000_009 },
    ]
    await store.transact(async (transaction) =>
      transaction.write({ ...follow(transaction.head, drafts), ...emptyWrite }),
    )
    const names = async (after: Parameters<Store['commitsInOrder']>[0], limit: number) =>
      (await store.commitsInOrder(after, limit)).map(({ origin, firstSequence }) => `${origin}:${firstSequence}`)
    expect(await names(null, 9)).toEqual([`${peer}:1`, `${region}:1`, `${region}:2`, `${peer}:2`])
    const [first] = await store.commitsInOrder(null, 1)
    expect(await names(first ?? null, 2)).toEqual([`${region}:1`, `${region}:2`])
  })

  it('remembers settings', async () => {
    const store = await open()
    expect(await store.getSetting('mark')).toBeNull()
    await store.putSetting('mark', 'one')
    await store.putSetting('mark', 'two "quoted"')
    expect(await store.getSetting('mark')).toBe('two "quoted"')
  })
}
