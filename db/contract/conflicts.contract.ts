// The contract of the conflict log: written with its documents or not at all, each pair once, of every path the newest,
// and found in one order.

import {
  type ConflictPair,
  comparePairs,
  keepNewest,
  makePair,
  pairsKeptPerPath,
  placeOf,
} from '@causeway/schema/documents/conflicts/conflict'
import { expect, it } from 'vitest'
import { readPage } from '../snapshots/page.ts'
import type { Store } from '../store.ts'
import { type ContractDatabase, commit, documentOf, peer, region, sha256 } from './fixture.contract.ts'

const hashed = (bytes: Uint8Array) => sha256(Buffer.from(bytes).toString('hex'))

interface PairDraft {
  readonly document?: string
  readonly path?: string
  readonly value?: string
}

/** Written `earlier` and `later` milliseconds after the epoch, in two regions. */
export function pairOf(earlier: number, later: number, draft: PairDraft = {}): ConflictPair {
  const { document = 'p1', path = 'title', value = 'a "mug"' } = draft
  const side = (wallMs: number, at: string) => {
    return {
      change: `${at} ${wallMs}`,
      value: `${value} ${wallMs}`,
      mark: '',
      policy: 'last-writer',
      time: { wallMs, counter: 3 },
      region: at,
    }
  }
  const about = { kind: 'product', document, path }
  return makePair(about, side(earlier, region), side(later, peer), hashed)
}

async function everything(store: Store, limit = 100): Promise<readonly ConflictPair[]> {
  const found: ConflictPair[] = []
  for (let after: string | null = null; ; ) {
    const { rows, next } = await store.conflicts.scan(after, limit)
    found.push(...rows)
    if (next === null) return found
    after = next
  }
}

export function conflictContract(database: () => ContractDatabase): void {
  it('W3: a conflict stands with the change that brought it, or not at all', async () => {
    const store = await database().store()
    const conflicts = [pairOf(1, 2)]
    await commit(store, { documents: [documentOf('p1')], conflicts })
    expect(await everything(store)).toEqual(conflicts)
    // The document has moved on meanwhile, so the write fails whole.
    const stale = commit(store, { documents: [documentOf('p1')], conflicts: [pairOf(3, 4)] })
    await expect(stale).rejects.toMatchObject({ code: 'STALE_HEADS' })
    expect(await everything(store)).toEqual(conflicts)
    expect(await store.conflicts.count()).toBe(1)
  })

  it('C3: pairs come in any order and more than once, and the log is the same', async () => {
    const pairs = [pairOf(1, 9), pairOf(2, 9), pairOf(3, 9, { path: 'tags/sälë' }), pairOf(4, 5, { document: 'p2' })]
    const store = await database().store()
    await commit(store, { conflicts: [...pairs].reverse() })
    await commit(store, { conflicts: pairs.slice(1, 3) })
    expect(await everything(store)).toEqual([...pairs].sort(comparePairs))
    expect(await everything(store, 1)).toEqual([...pairs].sort(comparePairs))
  })

  it('C3: of every path the newest stay, however they came in', async () => {
    const store = await database().store()
    const many = Array.from({ length: pairsKeptPerPath + 9 }, (_, n) => pairOf(1_000 - n, 2_000 - (n % 7)))
    const other = pairOf(1, 2, { path: 'description' })
    for (const part of [many.slice(0, 40), [...many.slice(30), other]]) await commit(store, { conflicts: part })
    const kept = await everything(store)
    expect(kept).toHaveLength(pairsKeptPerPath + 1)
    expect(kept).toEqual([...keepNewest([...many, other])].sort(comparePairs))
  })

  it('the newest come first, page by page, of one document where it is asked for', async () => {
    const store = await database().store()
    const pairs = [1, 2, 3, 4].map((n) => pairOf(n, 10 + n, { document: n % 2 === 0 ? 'even' : 'odd' }))
    await commit(store, { conflicts: pairs })
    const [first, second, third, last] = [...pairs].reverse() as [
      ConflictPair,
      ConflictPair,
      ConflictPair,
      ConflictPair,
    ]
    expect(await store.conflicts.newest({ after: null, limit: 2 })).toEqual([first, second])
    expect(await store.conflicts.newest({ after: placeOf(second), limit: 9 })).toEqual([third, last])
    expect(await store.conflicts.newest({ document: 'odd', after: null, limit: 9 })).toEqual([second, last])
    expect(await store.conflicts.newest({ document: 'odd', after: placeOf(second), limit: 9 })).toEqual([last])
    expect(await store.conflicts.newest({ document: 'odd\u0000', after: null, limit: 9 })).toEqual([])
  })

  it('C10: a snapshot carries the log, and puts it in the place of another one', async () => {
    const store = await database().store()
    const kept = [pairOf(1, 3), pairOf(2, 3, { path: 'description' })]
    const home: ConflictPair = { ...pairOf(5, 6, { document: 'c1' }), kind: 'contact' }
    await commit(store, { conflicts: [...kept, home] })
    const description = await store.snapshots.make({ id: 's1', madeMs: 1, exceptKinds: ['contact'] })
    await store.snapshots.stage(description)
    for (const number of description.pages.keys())
      await store.snapshots.stagePage(number, (await store.snapshots.page('s1', number)) ?? new Uint8Array())
    await commit(store, { conflicts: [pairOf(8, 9)] })
    await store.snapshots.install(async (installation) => {
      const { head } = installation
      const floor = { position: head.position, vector: head.frontier, place: { time: head.time, origin: head.origin } }
      await installation.clear(head, floor, ['contact'])
      for (const number of description.pages.keys())
        await installation.put(readPage(await store.snapshots.stagedPage(number)))
    })
    expect(await everything(store)).toEqual([...kept, home].sort(comparePairs))
    const seen: ConflictPair[] = []
    await store.snapshots.read(
      ['contact'],
      async () => {},
      ({ type, rows }) => {
        if (type === 'conflicts') seen.push(...rows)
      },
    )
    expect(seen).toEqual([...kept].sort(comparePairs))
  })

  it('a pair is found by its id, and all of a path together', async () => {
    const store = await database().store()
    const [one, two, three] = [pairOf(1, 3), pairOf(2, 3), pairOf(1, 3, { path: 'description' })]
    await commit(store, { conflicts: [one, two, three] })
    expect(await store.conflicts.find(two.id)).toEqual(two)
    expect(await store.conflicts.find('no such')).toBeNull()
    expect(await store.conflicts.find(`${two.id}\u0000`)).toBeNull()
    expect(await store.conflicts.at([{ kind: 'product', document: 'p1', path: 'title' }])).toEqual([one, two])
    expect(await store.conflicts.at([])).toEqual([])
  })
}
