// The contract of snapshots: one moment of a region in pages that outlive their maker, staged in turn, and installed
// whole or not at all.

import { emptyCells } from '@causeway/schema/stock/row'
import { expect, it } from 'vitest'
import { hashOfPage, readPage } from '../snapshots/page.ts'
import type { SnapshotDescription, SnapshotRows, StateRows } from '../snapshots/snapshots.ts'
import type { Head, Store } from '../store.ts'
import { pairOf } from './conflicts.contract.ts'
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
  rowOf,
} from './fixture.contract.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const wish = { id: 's1', madeMs: 1_764_000_000_000, exceptKinds: ['contact'] }

/** Two products, one of them folded, a contact, rows with a gift, an outcome. */
async function fill(store: Store): Promise<Head> {
  const fold = { marks: [], superseded: bytesOf('as it was') }
  const lamp = { ...documentOf('lamp', { snapshot: bytesOf('whole'), newChanges: [bytesOf('after')] }), fold }
  const alias = { name: 'sku:mug', time: { wallMs: 5, counter: 1 }, region }
  const mug = documentOf('mug', { aliases: [alias], tags: ['red'], value: 'a "quoted" ünïcode title' })
  await commit(store, { documents: [lamp, mug, documentOf('c1', { kind: 'contact' })] })
  await commit(store, {
    stock: [rowOf('mug', { received: 9, given: { [peer]: 4 } }), rowOf('mug', { sold: 3 }, peer)],
    outcomes: [outcomeOf('order-1')],
  })
  return await commit(store, { documents: [documentOf('mug', { version: 2, aliases: [alias], tags: ['red'] })] })
}

async function pagesOf(store: Store, { id, pages }: SnapshotDescription): Promise<readonly Uint8Array[]> {
  return await Promise.all(
    pages.map(async (hash, number) => {
      const page = await store.snapshots.page(id, number)
      if (page === null) throw new Error(`page ${number} is gone`)
      expect(hashOfPage(page)).toBe(hash)
      return page
    }),
  )
}

const documentsOf = (pages: readonly SnapshotRows[]) =>
  pages.flatMap((page) => (page.type === 'documents' ? page.rows : []))
const stockOf = (pages: readonly SnapshotRows[]) => pages.flatMap((page) => (page.type === 'stock' ? page.rows : []))
const outcomesOf = (pages: readonly SnapshotRows[]) =>
  pages.flatMap((page) => (page.type === 'outcomes' ? page.rows : []))

const everything = request({
  documents: ['lamp', 'mug', 'extra', 'later'].map((id) => ({ kind: 'product', id })),
  ids: ['c1'],
  aliases: ['sku:mug'],
  skus: ['mug', 'cup'],
  keys: ['order-1', 'order-2'],
  bytes: ['lamp', 'mug', 'later'].map((id) => ({ kind: 'product', id })),
})

async function stageAll(store: Store): Promise<SnapshotDescription> {
  const description = await store.snapshots.make(wish)
  const pages = await pagesOf(store, description)
  await store.snapshots.stage(description)
  for (const [number, page] of pages.entries()) await store.snapshots.stagePage(number, page)
  return description
}

/** Puts what is staged in the place of all, behind `position`, and goes on with `ending` in the same transaction. */
async function installAll(store: Store, made: Head, ending: () => void = () => {}): Promise<Head> {
  const staged = await store.snapshots.staged()
  return await store.snapshots.install(async (installation) => {
    const { head } = installation
    const next: Head = { ...head, ...made, position: head.position + 1, sequence: head.sequence, hash: head.hash }
    const floor = { position: next.position, vector: next.frontier, place: { time: next.time, origin: region } }
    await installation.clear(next, floor, ['contact'])
    for (let number = 0; number < (staged?.received ?? 0); number += 1)
      await installation.put(readPage(await store.snapshots.stagedPage(number)))
    const after = follow(next, [{ origin: peer, touched: ['product/later'] }])
    await installation.write({ ...emptyWrite, ...after, documents: [documentOf('later')] })
    await installation.owe([{ subject: 'key', id: 'order-1', item: '', waitsFor: null }])
    ending()
    return after.head
  })
}

export function snapshotContract(database: () => ContractDatabase): void {
  const open = () => database().store()

  it('C10: a snapshot holds all that may travel, as of one moment, and any node serves it', async () => {
    const [maker, other] = [await open(), await open()]
    const head = await fill(maker)
    expect(await maker.snapshots.made()).toBeNull()
    const description = await maker.snapshots.make(wish)
    await commit(maker, { documents: [documentOf('later')] })
    const { frontier, time, memberClocks, significant, fences } = head
    expect(description).toMatchObject({ id: 's1', region, head: { frontier, time, memberClocks, significant, fences } })
    expect(description.head.chainHashes).toEqual({ [region]: Buffer.from(head.hash).toString('hex') })
    expect(await other.snapshots.made()).toEqual(description)
    const pages = (await pagesOf(other, description)).map(readPage)
    const loaded = await maker.load(everything)
    const byId = new Map(loaded.bytes.map((entry) => [entry.id, entry]))
    expect(documentsOf(pages)).toEqual(
      loaded.documents
        .filter(({ id }) => id !== 'later')
        .map((document) => ({ ...byId.get(document.id), ...document })),
    )
    expect(byId.get('lamp')?.superseded).toEqual(bytesOf('as it was'))
    expect(stockOf(pages)).toEqual(loaded.stock)
    expect(loaded.stock.map(({ givenIn }) => givenIn)).toEqual([0, 4])
    expect(outcomesOf(pages)).toEqual(loaded.outcomes)
    expect(await other.snapshots.page('s1', description.pages.length)).toBeNull()
  })

  it('C10: the next snapshot takes the place of the one before, and who still fetches that is told so', async () => {
    const store = await open()
    await fill(store)
    await store.snapshots.make(wish)
    const second = await store.snapshots.make({ ...wish, id: 's2' })
    expect(await store.snapshots.page('s1', 0)).toBeNull()
    expect(await pagesOf(store, second)).toHaveLength(second.pages.length)
    await store.snapshots.drop()
    expect(await store.snapshots.made()).toBeNull()
    expect(await store.snapshots.page('s2', 0)).toBeNull()
  })

  it('C10: many rows come in several pages, each of them no larger than it should be', async () => {
    const store = await open()
    const large = Array.from({ length: 40 }, (_, index) => {
      const content = new Uint8Array(40_000).map((_, at) => (at * at * 7 + index * 131) % 251)
      return documentOf(`p${String(index).padStart(2, '0')}`, { snapshot: content, newChanges: [] })
    })
    await commit(store, { documents: large })
    const description = await store.snapshots.make(wish)
    expect(description.pages.length).toBeGreaterThan(2)
    const pages = (await pagesOf(store, description)).map(readPage)
    expect(documentsOf(pages).map(({ id }) => id)).toEqual(large.map(({ id }) => id))
  })

  it('C10: state is read as of the head that is told, without what stays at home', async () => {
    const store = await open()
    const head = await fill(store)
    const seen: StateRows[] = []
    const heads: Head[] = []
    const begin = async (at: Head) => {
      heads.push(at)
      await commit(store, { documents: [documentOf('later')] })
    }
    await store.snapshots.read(['contact'], begin, (rows) => seen.push(rows))
    expect(heads).toEqual([head])
    expect(seen.flatMap((page) => (page.type === 'documents' ? page.rows.map(({ id }) => id) : []))).toEqual([
      'lamp',
      'mug',
    ])
    expect(seen.flatMap((page) => (page.type === 'stock' ? page.rows : []))).toHaveLength(2)
  })

  it('C10: what has been taken in so far is there after a restart, and pages come in their turn', async () => {
    const store = await open()
    await fill(store)
    const description = await store.snapshots.make(wish)
    expect(await store.snapshots.staged()).toBeNull()
    await store.snapshots.stage(description)
    await store.snapshots.stagePage(0, bytesOf('one'))
    await expect(store.snapshots.stagePage(0, bytesOf('again'))).rejects.toThrow()
    await expect(store.snapshots.stagePage(2, bytesOf('three'))).rejects.toThrow()
    const next = await open()
    expect(await next.snapshots.staged()).toEqual({ description, received: 1 })
    expect(await next.snapshots.stagedPage(0)).toEqual(bytesOf('one'))
    await expect(next.snapshots.stagedPage(1)).rejects.toThrow()
    await next.snapshots.stage({ ...description, id: 's2' })
    expect(await next.snapshots.staged()).toMatchObject({ description: { id: 's2' }, received: 0 })
    await next.snapshots.unstage()
    expect(await next.snapshots.staged()).toBeNull()
  })

  it('C10: an installation replaces the state, keeps what stays at home, and begins the log anew', async () => {
    const store = await open()
    const made = await fill(store)
    await stageAll(store)
    await commit(store, { documents: [documentOf('extra'), documentOf('mug', { version: 3 })] })
    await commit(store, { stock: [rowOf('cup', { received: 5 })], outcomes: [outcomeOf('order-2')] })
    const before = await store.head()
    const head = await installAll(store, made)
    expect(await store.head()).toEqual(head)
    expect(head.position).toBe(before.position + 2)
    const loaded = await (await open()).load(everything)
    expect(loaded.documents.map(({ id, heads }) => [id, heads])).toEqual(
      [documentOf('lamp'), documentOf('later'), documentOf('mug', { version: 2 })].map(({ id, heads }) => [id, heads]),
    )
    expect(loaded.ids).toEqual([{ kind: 'contact', id: 'c1' }])
    expect(loaded.aliases.map(({ document }) => document.id)).toEqual(['mug'])
    expect(loaded.stock.map(({ sku, holder, givenIn }) => [sku, holder, givenIn])).toEqual([
      ['mug', region, 0],
      ['mug', peer, 4],
    ])
    expect(loaded.stock[0]?.cells).toEqual({ ...emptyCells, received: 9, given: { [peer]: 4 } })
    expect(loaded.outcomes.map(({ key }) => key)).toEqual(['order-1', 'order-2'])
    expect(loaded.bytes.find(({ id }) => id === 'lamp')).toMatchObject({
      snapshot: bytesOf('whole'),
      changes: [bytesOf('after')],
      superseded: bytesOf('as it was'),
    })
    expect((await store.obligations({}, 10)).map(({ id }) => id)).toEqual(['order-1'])
    expect(await store.snapshots.staged()).toBeNull()
    await expect(store.commitsAfterVector({}, 0, 1e6)).rejects.toMatchObject({ code: 'LOG_DROPPED' })
    await expect(store.commitsAfterPosition(before.position, 1e6)).rejects.toMatchObject({ code: 'LOG_DROPPED' })
    expect((await store.commitsAfterVector(made.frontier, 0, 1e6)).map(({ position }) => position)).toEqual([
      head.position,
    ])
    expect(await store.transact(({ touchedSince }) => touchedSince(before.position))).toBeNull()
  })

  it('C10 S7: of what is left behind with an installation, no outcome stays and nothing is owed', async () => {
    const store = await open()
    const kept = await commit(store, { outcomes: [outcomeOf('kept')] })
    const waitsFor = (sequence: number) => ({ waitsFor: { origin: region, sequence } })
    await commit(store, {
      outcomes: [outcomeOf('left', { sequence: kept.sequence + 1 })],
      newObligations: [
        { subject: 'key', id: 'due', item: '', ...waitsFor(kept.sequence) },
        { subject: 'key', id: 'never', item: '', ...waitsFor(kept.sequence + 1) },
        { subject: 'key', id: 'now', item: '', waitsFor: null },
      ],
    })
    await store.snapshots.install(async (installation) => {
      const { head } = installation
      const next: Head = { ...head, frontier: kept.frontier, position: head.position + 1 }
      const floor = { position: next.position, vector: next.frontier, place: { time: next.time, origin: region } }
      await installation.clear(next, floor, [])
      await installation.forget(next.frontier)
    })
    const loaded = await store.load({ ...everything, keys: ['kept', 'left'] })
    expect(loaded.outcomes.map(({ key }) => key)).toEqual(['kept'])
    const owed = await store.obligations({ [region]: 1_000 }, 10)
    expect(owed.map(({ id }) => id)).toEqual(['due', 'now'])
  })

  it('C12: of what stays at home, an installation goes through all and takes away what it is told to', async () => {
    const store = await open()
    const alias = (name: string) => ({ name, time: { wallMs: 5, counter: 1 }, region })
    const contact = (id: string) => documentOf(id, { kind: 'contact', aliases: [alias(`alias:${id}`)] })
    const conflict = (id: string) => ({ ...pairOf(1, 3, { document: id }), kind: 'contact' })
    await commit(store, {
      documents: [documentOf('c2'), ...['c1', 'c2', 'c3'].map(contact)],
      conflicts: ['c2', 'c3'].map(conflict),
    })
    const contacts = ['c1', 'c2', 'c3'].map((id) => ({ kind: 'contact', id }))
    const [c1, c2, c3] = contacts
    const found = await store.snapshots.install(async ({ after, remove }) => {
      const pages = [
        await after({ kind: '', id: '' }, ['contact'], 2),
        await after({ kind: 'contact', id: 'c2' }, ['contact'], 2),
      ]
      await remove([{ kind: 'contact', id: 'c2' }])
      return [...pages, await after({ kind: 'contact', id: 'c1' }, ['product', 'contact'], 1)]
    })
    expect(found).toEqual([[c1, c2], [c3], [c3]])
    const { documents, bytes, ids, aliases } = await (await open()).load(
      request({ documents: contacts, bytes: contacts, ids: ['c2'], aliases: ['alias:c2', 'alias:c3'] }),
    )
    for (const rows of [documents, bytes]) expect(rows.map(({ id }) => id)).toEqual(['c1', 'c3'])
    expect(ids).toEqual([{ kind: 'product', id: 'c2' }])
    expect(aliases.map(({ document }) => document.id)).toEqual(['c3'])
    expect((await store.conflicts.newest({ after: null, limit: 9 })).map(({ document }) => document)).toEqual(['c3'])
    await commit(store, { documents: [contact('c2')] })
  })

  it('C10: an installation that fails changes nothing', async () => {
    const store = await open()
    const made = await fill(store)
    const description = await stageAll(store)
    const before = await commit(store, { documents: [documentOf('extra')] })
    const fails = installAll(store, made, () => {
      throw new Error('the power went')
    })
    await expect(fails).rejects.toThrow('the power went')
    expect(await store.head()).toEqual(before)
    const loaded = await store.load(everything)
    expect(loaded.documents.map(({ id }) => id)).toEqual(['extra', 'lamp', 'mug'])
    expect(await store.snapshots.staged()).toEqual({ description, received: description.pages.length })
    expect(await store.commitsAfterVector({}, 0, 1e6)).toHaveLength(before.position)
    await commit(store, { documents: [documentOf('later')] })
  })
}
