// The contract of history: what moves to the archive is found as before, what is dropped is said to be, and outcomes
// go only when every member knows them.

import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { expect, it } from 'vitest'
import { segmentCommits } from '../history.ts'
import type { Store } from '../store.ts'
import {
  type CommitDraft,
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

const at = (wallMs: number): HybridTime => ({ wallMs, counter: 0 })
const never = at(0)
const always = at(9_000_000_000_000)
const startMs = 1_764_000_000_000

/** Two regions whose commits arrive in another order than their times. */
const drafts: readonly CommitDraft[] = Array.from({ length: 12 }, (_, index) => ({
  origin: index % 3 === 0 ? peer : region,
  events: 1 + (index % 2),
  wallMs: startMs + (index % 3 === 0 ? index * 1_000 - 2_500 : index * 1_000),
  bytes: new Uint8Array(500 + index).fill(index),
  touched: [`order/${index}`],
}))

async function write(store: Store, wanted: readonly CommitDraft[]): Promise<VersionVector> {
  return await store.transact(async (transaction) => {
    const followed = follow(transaction.head, wanted)
    await transaction.write({ ...followed, ...emptyWrite })
    return followed.head.frontier
  })
}

const bare = (commits: Awaited<ReturnType<Store['commitsAfterPosition']>>) =>
  commits.map(({ position, commit }) => ({ position, commit }))

/** Everything that any reader of the log can be told, from every place it could ask from. */
async function readings(store: Store, count: number, vectors: readonly VersionVector[]) {
  const pages: unknown[] = []
  for (let after = 0; after <= count; after += 1) pages.push(bare(await readAll(store, after)))
  for (const vector of vectors) pages.push(bare(await readMissing(store, vector)))
  for (const limit of [1, 3, 50]) pages.push(await readInOrder(store, limit))
  return pages
}

async function readAll(store: Store, from: number) {
  const found = []
  for (let after = from; ; ) {
    const page = await store.commitsAfterPosition(after, 1_200)
    if (page.length === 0) return found
    found.push(...page)
    after = page.at(-1)?.position ?? after
  }
}

async function readMissing(store: Store, vector: VersionVector) {
  const found = []
  for (let from = 0; ; ) {
    const page = await store.commitsAfterVector(vector, from, 1_200)
    if (page.length === 0) return found
    found.push(...page)
    from = (page.at(-1)?.position ?? from) + 1
  }
}

async function readInOrder(store: Store, limit: number) {
  const found = []
  for (let after: Parameters<Store['commitsInOrder']>[0] = null; ; ) {
    const page = await store.commitsInOrder(after, limit)
    found.push(...page)
    if (page.length < limit) return found
    after = page.at(-1) ?? null
  }
}

export function historyContract(database: () => ContractDatabase): void {
  const open = () => database().store()
  const vectors = [{}, { [peer]: 2 }, { [region]: 5 }, { [region]: 3, [peer]: 3 }, { [region]: 12, [peer]: 1 }]

  it('C11: who asks for the log is told the same before and after it moved to the archive', async () => {
    const store = await open()
    const frontier = await write(store, drafts)
    const before = await readings(store, drafts.length, vectors)
    const half = { ...frontier, [region]: 7 }
    const smallBefore = always
    const first = await store.history.archive({ stable: half, before: always, smallBefore })
    expect(first.commits).toBeGreaterThan(3)
    expect(first.commits).toBeLessThan(drafts.length)
    expect(await readings(store, drafts.length, vectors)).toEqual(before)
    const second = await store.history.archive({ stable: frontier, before: always, smallBefore })
    expect(first.commits + second.commits).toBe(drafts.length)
    expect(await readings(store, drafts.length, vectors)).toEqual(before)
    const size = await store.history.size()
    expect(size).toMatchObject({ logCommits: 0, archivedSegments: 2, archivedCommits: 12 })
    expect(size.archivedBytes).toBe(first.bytes + second.bytes)
    await commit(store)
    expect(bare(await store.commitsAfterPosition(12, 1e6)).map(({ position }) => position)).toEqual([13])
    expect((await readAll(store, 0)).length).toBe(13)
  })

  it('S6: tells where a commit of the log at hand stands that is known by its writer and its time', async () => {
    const store = await open()
    const half = { ...(await write(store, drafts)), [region]: 7 }
    const all = await readInOrder(store, 100)
    expect(all).toHaveLength(drafts.length)
    const first = all.find(({ origin }) => origin === region)
    if (first === undefined) throw new Error('nothing was written')
    const told = () => Promise.all(all.map((place) => store.history.sequenceAt(place)))
    expect(await told()).toEqual(all.map(({ lastSequence }) => lastSequence))
    const { wallMs, counter } = first.time
    expect(await store.history.sequenceAt({ origin: 'nobody', time: first.time })).toBeNull()
    expect(await store.history.sequenceAt({ origin: region, time: { wallMs, counter: counter + 60_000 } })).toBeNull()
    const { commits } = await store.history.archive({ stable: half, before: always, smallBefore: always })
    const left = (await told()).filter((sequence) => sequence !== null)
    expect(commits).toBeGreaterThan(0)
    expect(left).toHaveLength(drafts.length - commits)
  })

  it('C11: nothing moves that some member may not hold, that is young, or that makes too small a segment', async () => {
    const store = await open()
    const frontier = await write(store, drafts)
    const { archive } = store.history
    expect((await archive({ stable: {}, before: always, smallBefore: always })).commits).toBe(0)
    expect((await archive({ stable: frontier, before: never, smallBefore: always })).commits).toBe(0)
    expect((await archive({ stable: frontier, before: always, smallBefore: never })).commits).toBe(0)
    expect((await store.history.size()).logCommits).toBe(12)
    const small = Array.from({ length: segmentCommits + 5 }, () => ({}))
    const later = await write(store, small)
    expect((await archive({ stable: later, before: always, smallBefore: never })).commits).toBe(segmentCommits)
    expect((await archive({ stable: later, before: always, smallBefore: never })).commits).toBe(0)
  })

  it('C11: two nodes that archive at once move every commit once', async () => {
    const [one, other] = [await open(), await open()]
    const stable = await write(one, drafts)
    const step = { stable, before: always, smallBefore: always }
    const steps = await Promise.allSettled([one.history.archive(step), other.history.archive(step)])
    expect(steps.some(({ status }) => status === 'fulfilled')).toBe(true)
    expect((await one.history.size()).archivedCommits).toBe(12)
    expect(bare(await readAll(other, 0)).map(({ position }) => position)).toEqual(drafts.map((_, index) => index + 1))
  })

  it('C11: what is past its retention goes, and who asks for it is told so', async () => {
    const store = await open()
    const middle = await write(store, drafts.slice(0, 6))
    await store.history.archive({ stable: middle, before: always, smallBefore: always })
    const frontier = await write(store, drafts.slice(6))
    await store.history.archive({ stable: frontier, before: always, smallBefore: always })
    expect(await store.history.floor()).toEqual({ position: 0, vector: {}, place: null })
    expect(await store.history.dropSegment(at(startMs))).toBe(false)
    expect(await store.history.dropSegment(at(startMs + 5_001))).toBe(true)
    expect(await store.history.dropSegment(at(startMs + 5_001))).toBe(false)

    const floor = await store.history.floor()
    expect(floor).toMatchObject({ position: 6, vector: middle, place: { origin: region } })
    for (const [title, ask] of Object.entries({
      position: () => store.commitsAfterPosition(5, 1e6),
      vector: () => store.commitsAfterVector({ ...frontier, [peer]: 1 }, 0, 1e6),
      place: () => store.commitsInOrder({ time: at(startMs), origin: region }, 10),
    })) {
      await expect(ask(), title).rejects.toMatchObject({ code: 'LOG_DROPPED', retry: false })
    }
    expect(bare(await store.commitsAfterPosition(6, 1e6)).map(({ position }) => position)).toEqual([
      7, 8, 9, 10, 11, 12,
    ])
    expect((await readMissing(store, floor.vector)).map(({ position }) => position)).toEqual([7, 8, 9, 10, 11, 12])
    const ordered = await readInOrder(store, 2)
    expect(ordered.length).toBeGreaterThan(4)
    for (const { time } of ordered) expect(time.wallMs).toBeGreaterThan(startMs + 5_000)
    expect(await store.transact(({ touchedSince }) => touchedSince(2))).toBeNull()
  })

  it('C11: a document with more history than state can be found once nothing of it moves, and remembers its folds', async () => {
    const store = await open()
    const large = documentOf('large', { snapshot: new Uint8Array(9_000), newChanges: [] })
    await commit(store, { documents: [large, documentOf('small', { snapshot: new Uint8Array(90), newChanges: [] })] })
    const ask = { stable: { [region]: 1 }, minimumBytes: 0, growth: 4, after: null, limit: 10 }
    const found = [{ kind: 'product', id: 'large', heads: large.heads }]
    expect(await store.history.foldable(ask)).toEqual(found)
    expect(await store.history.foldable({ ...ask, stable: {} })).toEqual([])
    expect(await store.history.foldable({ ...ask, minimumBytes: 9_000 })).toEqual([])
    expect(await store.history.foldable({ ...ask, growth: 1_000 })).toEqual([])
    expect(await store.history.foldable({ ...ask, after: { kind: 'product', id: 'large' } })).toEqual([])

    const mark = {
      origin: region,
      sequence: 2,
      genesis: 'g',
      actor: 'a',
      size: 1,
      objects: {},
      actors: {},
      registers: {},
      carried: {},
      time: { wallMs: 5, counter: 1 },
      heads: [],
      authors: [],
    }
    const superseded = new Uint8Array(9_000).fill(7)
    const folded = documentOf('large', { version: 2, snapshot: new Uint8Array(8_000), newChanges: [] })
    await commit(store, { documents: [{ ...folded, fold: { marks: [mark], superseded } }] })
    const ref = { kind: 'product', id: 'large' }
    const read = async () => (await store.load(request({ bytes: [ref] }))).bytes[0]
    expect(await read()).toMatchObject({ marks: [mark], superseded })
    expect(await store.history.foldable({ ...ask, stable: { [region]: 2 } })).toEqual([])
    await commit(store, { documents: [documentOf('large', { version: 3, newChanges: [] })] })
    expect(await read()).toMatchObject({ marks: [mark], superseded })
    const settled = documentOf('large', { version: 4, newChanges: [] })
    await commit(store, { documents: [{ ...settled, fold: { marks: [mark], superseded: null } }] })
    expect(await read()).toMatchObject({ marks: [mark], superseded: null })
    expect((await store.history.foldable({ ...ask, stable: { [region]: 4 } })).map(({ id }) => id)).toEqual(['large'])
  })

  it('I5: outcomes go once they are old and every member knows them, a bounded number at a time', async () => {
    const store = await open()
    const outcomes = [
      outcomeOf('old', { sequence: 1, time: at(1_000) }),
      outcomeOf('old too', { sequence: 2, time: at(1_500) }),
      outcomeOf('old and unknown elsewhere', { sequence: 9, time: at(1_000) }),
      outcomeOf('young', { sequence: 1, time: at(3_000) }),
    ]
    await commit(store, { outcomes })
    const prune = { stable: { [region]: 5 }, before: at(2_000), limit: 1 }
    expect(await store.history.pruneOutcomes(prune)).toBe(1)
    expect(await store.history.pruneOutcomes({ ...prune, limit: 9 })).toBe(1)
    expect(await store.history.pruneOutcomes({ ...prune, limit: 9 })).toBe(0)
    const { outcomes: left } = await store.load(request({ keys: outcomes.map(({ key }) => key) }))
    expect(left.map(({ key }) => key)).toEqual(['old and unknown elsewhere', 'young'])
  })

  it('gives accepted outcomes of one origin, by key, a page at a time', async () => {
    const store = await open()
    const receipt = { command: 'receiveStock' }
    await commit(store, {
      outcomes: [
        outcomeOf('c:3', receipt),
        outcomeOf('a:1', receipt),
        outcomeOf('a:1', { ...receipt, origin: peer }),
        outcomeOf('b:2', { command: 'recordStockMovements' }),
        outcomeOf('b:3', { ...receipt, accepted: false }),
        outcomeOf('b:4'),
        outcomeOf('🧺:1', receipt),
        outcomeOf('\uffff:1', receipt),
      ],
    })
    const commands = ['receiveStock', 'recordStockMovements']
    const page = async (after: string | null) =>
      (await store.history.outcomesOf({ origin: region, commands, after, limit: 2 })).map(
        ({ key, origin }) => `${key} of ${origin}`,
      )
    expect(await page(null)).toEqual([`a:1 of ${region}`, `b:2 of ${region}`])
    expect(await page('b:2')).toEqual([`c:3 of ${region}`, `\uffff:1 of ${region}`])
    expect(await page('\uffff:1')).toEqual([`🧺:1 of ${region}`])
    expect(
      (await store.history.outcomesOf({ origin: peer, commands, after: null, limit: 9 })).map(({ result }) => result),
    ).toEqual([outcomeOf('a:1').result].map((result) => ({ ...result, id: 'a:1' })))
  })
}
