import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import * as Automerge from '#automerge'
import { formatTime } from '../../clock/hybrid-clock.ts'
import type { VersionVector } from '../../clock/version-vector.ts'
import { applyEdits, closeDocument, headsOf, openDocument, saveDocument } from '../automerge.ts'
import type { Edit } from '../document.ts'
import type { Fold } from '../folding/mark.ts'
import { type Entry, type FoldedBytes, replay } from '../folding/replay.ts'
import { productKind } from '../product/kind.ts'
import { decodeRegister } from '../register.ts'
import { textEditKey } from '../text/text-key.ts'
import { type ConflictPair, comparePairs, keepNewest, makePair, pairsKeptPerPath } from './conflict.ts'
import { ConflictDetector } from './detector.ts'

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const regions = ['ap', 'eu', 'us'] as const
type RegionName = (typeof regions)[number]

const actorOf = (name: string) =>
  Buffer.from(sha256(Buffer.from(name)))
    .toString('hex')
    .slice(0, 32)

/** Thousands: `ORDERS=5000 npx vitest run schema/documents/conflicts`. */
const orders = Number(process.env.ORDERS ?? 200)
vi.setConfig({ testTimeout: 600_000 })

interface Written {
  readonly origin: RegionName
  readonly sequence: number
  readonly clock: VersionVector
  readonly entry: Entry
}

const none: FoldedBytes = { snapshot: null, changes: [], marks: [], superseded: null }

/** A region as far as one product goes, with its conflict log. */
class Replica {
  readonly name: string
  stored: FoldedBytes = none
  log: readonly ConflictPair[] = []
  clock: Record<string, number> = {}

  constructor(name: string) {
    this.name = name
  }

  isReady({ origin, sequence, clock }: Written): boolean {
    if ((this.clock[origin] ?? 0) >= sequence) return false
    return Object.entries({ ...clock, [origin]: sequence - 1 }).every(([each, n]) => (this.clock[each] ?? 0) >= n)
  }

  take(commits: readonly Written[]): void {
    const detector = new ConflictDetector(productKind, 'p1', sha256)
    const entries = commits.map(({ entry }) => entry)
    const replayed = replay(productKind, this.stored, entries, actorOf(this.name), sha256, detector)
    const { handle, newChanges, marks, superseded } = replayed
    const changes = newChanges === null ? [] : [...this.stored.changes, ...newChanges]
    const snapshot = newChanges === null ? saveDocument(handle) : this.stored.snapshot
    closeDocument(handle)
    this.stored = { snapshot, changes, marks, superseded }
    this.log = [...keepNewest([...this.log, ...detector.pairs()])].sort(comparePairs)
    for (const { origin, sequence } of commits) this.clock[origin] = sequence
  }

  heads(): readonly string[] {
    const handle = openDocument(productKind, this.stored, actorOf(this.name))
    const heads = headsOf(handle)
    closeDocument(handle)
    return heads
  }
}

/** Three regions that write, and what they wrote. */
class Writers {
  readonly replicas = regions.map((name) => new Replica(name))
  readonly log: Written[] = []
  #time = 0

  edit(at: number, edits: readonly Edit[]): void {
    const replica = this.#at(at)
    this.#time += 1
    const handle = openDocument(productKind, replica.stored, actorOf(replica.name))
    const change = applyEdits(handle, edits, { wallMs: this.#time, counter: 0 }, replica.name)
    closeDocument(handle)
    if (change !== null) this.#commit(replica, (clock) => ({ type: 'change', bytes: change.bytes, clock }))
  }

  /** Only what every region holds is folded away: nobody still writes beside that. */
  fold(): void {
    const eu = this.#at(1)
    if (this.replicas.some(({ clock }) => this.log.some(({ origin, sequence }) => (clock[origin] ?? 0) < sequence)))
      return
    const heads = eu.heads()
    const fold = (sequence: number): Fold => {
      return { kind: 'product', id: 'p1', origin: 'eu', sequence, time: { wallMs: this.#time, counter: 0 }, heads }
    }
    this.#commit(eu, (clock, sequence) => ({ type: 'fold', fold: fold(sequence), clock }))
  }

  deliver(to: number, most: number): void {
    const replica = this.#at(to)
    for (let n = 0; n < most; n++) {
      const next = this.log.find((written) => replica.isReady(written))
      if (next === undefined) return
      replica.take([next])
    }
  }

  #commit(replica: Replica, make: (clock: VersionVector, sequence: number) => Entry): void {
    const origin = regions[this.replicas.indexOf(replica)] ?? 'eu'
    const sequence = (replica.clock[origin] ?? 0) + 1
    const clock = { ...replica.clock, [origin]: sequence }
    const written = { origin, sequence, clock, entry: make(clock, sequence) }
    replica.take([written])
    this.log.push(written)
  }

  #at(index: number): Replica {
    return this.replicas[index % this.replicas.length] as Replica
  }
}

/** What the log should hold, from the definition: every pair of changes of which neither is among the other's causes. */
function expectedLog(written: readonly Written[]): readonly ConflictPair[] {
  const changes = written.flatMap((commit) => {
    if (commit.entry.type !== 'change') return []
    const { hash, ops: all } = Automerge.decodeChange(commit.entry.bytes)
    // Of an edit of a text the register beside it tells.
    const ops = all.filter(({ key }) => key !== undefined)
    // A commit's clock is all that its writer had seen, and so is a change's graph.
    return [{ ...commit, hash, ops: new Map(ops.map((op) => [op.key ?? '', op])) }]
  })
  const pairs: ConflictPair[] = []
  for (const [index, one] of changes.entries())
    for (const other of changes.slice(index + 1)) {
      if ((one.clock[other.origin] ?? 0) >= other.sequence || (other.clock[one.origin] ?? 0) >= one.sequence) continue
      for (const key of one.ops.keys()) {
        const theirs = other.ops.get(key)
        if (theirs === undefined || key === 'revised') continue
        const isText = key === textEditKey('description')
        const path = isText ? 'description' : key.startsWith('t') && key !== 'title' ? `tags/${key}` : key
        const policy = isText ? 'text-merge' : path === key ? 'last-writer' : 'add-wins'
        const sides = [one, other].map((change) => {
          const { action, value } = change.ops.get(key) ?? {}
          const [stamp] = [...change.ops.values()].flatMap((each) =>
            each.action === 'set' ? [decodeRegister(String(each.value))] : [],
          )
          const said = action === 'del' ? undefined : decodeRegister(String(value)).value
          const at = { time: stamp?.time ?? { wallMs: 0, counter: 0 }, region: stamp?.region ?? '' }
          return {
            change: change.hash,
            value: said ?? null,
            mark: isText
              ? `${formatTime(at.time)} ${at.region}`
              : said === undefined
                ? 'removed'
                : JSON.stringify(said),
            policy,
            ...at,
          }
        })
        const [left, right] = sides
        if (left === undefined || right === undefined || left.mark === right.mark) continue
        pairs.push(makePair({ kind: 'product', document: 'p1', path }, left, right, sha256))
      }
    }
  return [...keepNewest(pairs)].sort(comparePairs)
}

const title = (value: string): Edit => ({ map: 'fields', key: 'title', value })
const words = (text: string): Edit => ({ map: 'fields', key: 'description', text })
const tag = (key: string): Edit => ({ map: 'tags', key, value: true })
const untag = (key: string): readonly Edit[] => [
  { map: 'tags', key, remove: true },
  { map: 'fields', key: 'revised', value: null },
]

const region = fc.nat({ max: 2 })
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('title' as const), at: region, value: fc.nat({ max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tag' as const), at: region, value: fc.nat({ max: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('untag' as const), at: region, value: fc.nat({ max: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('words' as const), at: region, value: fc.nat({ max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), at: region, value: fc.nat({ max: 6 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'gather' as const, at: 0, value: 0 }) },
)
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never

function perform(writers: Writers, { do: what, at, value }: Action): void {
  if (what === 'title') writers.edit(at, [title(`title ${value}`)])
  if (what === 'tag') writers.edit(at, [tag(`t${value}`)])
  if (what === 'untag') writers.edit(at, untag(`t${value}`))
  if (what === 'words') writers.edit(at, [words(['a mug', 'a red mug', 'a mug, blue', 'mug'][value] ?? '')])
  if (what === 'deliver') writers.deliver(at, value)
  if (what !== 'gather') return
  for (const index of regions.keys()) writers.deliver(index, Number.POSITIVE_INFINITY)
  writers.fold()
}

/** A fresh region that gets every commit, in an order that the numbers choose, several at once. */
function arrive(written: readonly Written[], choices: readonly number[]): Replica {
  const replica = new Replica(`reader ${choices.join()}`)
  const open = [...written]
  let batch: Written[] = []
  const clock = replica.clock
  for (let step = 0; open.length > 0; step++) {
    const choice = choices[step % choices.length] ?? 0
    const ready = open.filter((commit) => replica.isReady(commit))
    const next = ready[choice % ready.length]
    if (next === undefined) throw new Error('no commit is ready')
    open.splice(open.indexOf(next), 1)
    batch.push(next)
    clock[next.origin] = next.sequence
    if (choice % 3 === 0) continue
    replica.take(batch)
    batch = []
  }
  if (batch.length > 0) replica.take(batch)
  return replica
}

describe('conflicts of a document', () => {
  it('C3: any order of the same changes, folds among them, leaves the same log, and it is what the definition says', () => {
    const choices = fc.array(fc.nat({ max: 11 }), { minLength: 3, maxLength: 12 })
    fc.assert(
      fc.property(
        fc.array(action, { minLength: 8, maxLength: 30 }),
        fc.array(choices, { minLength: 5, maxLength: 5 }),
        (actions, ways) => {
          const writers = new Writers()
          writers.edit(1, [title('A mug'), words('a')])
          for (const index of regions.keys()) writers.deliver(index, 1)
          for (const one of actions) perform(writers, one)
          const expected = expectedLog(writers.log)
          const readers = ways.map((way) => arrive(writers.log, way))
          for (const reader of readers) expect(reader.log).toEqual(expected)
          for (const index of regions.keys()) writers.deliver(index, Number.POSITIVE_INFINITY)
          for (const replica of writers.replicas) expect(replica.log).toEqual(expected)
          expect(new Set([...readers, ...writers.replicas].map((replica) => replica.heads().join())).size).toBe(1)
        },
      ),
      { numRuns: Math.ceil(orders / 5) },
    )
  })

  it('M1: a price changed in two regions at once is told with both values, where and when each was written', () => {
    const writers = new Writers()
    writers.edit(1, [title('A mug')])
    for (const index of regions.keys()) writers.deliver(index, 9)
    writers.edit(0, [title('A red mug')])
    writers.edit(2, [title('A blue mug')])
    for (const index of regions.keys()) writers.deliver(index, 9)
    const logs = writers.replicas.map(({ log }) => log)
    expect(logs[0]).toMatchObject([
      {
        kind: 'product',
        document: 'p1',
        path: 'title',
        policy: 'last-writer',
        earlier: { value: 'A red mug', region: 'ap', time: { wallMs: 2, counter: 0 } },
        later: { value: 'A blue mug', region: 'us', time: { wallMs: 3, counter: 0 } },
      },
    ])
    expect(logs[1]).toEqual(logs[0])
    expect(logs[2]).toEqual(logs[0])
  })

  it('M1: the same tag added in two regions is no conflict, and neither is a change made with the other one in sight', () => {
    const writers = new Writers()
    writers.edit(1, [title('A mug')])
    for (const index of regions.keys()) writers.deliver(index, 9)
    writers.edit(0, [tag('t0')])
    writers.edit(2, [tag('t0')])
    for (const index of regions.keys()) writers.deliver(index, 9)
    writers.edit(0, [title('A red mug')])
    for (const index of regions.keys()) writers.deliver(index, 9)
    writers.edit(2, [title('A blue mug')])
    for (const index of regions.keys()) writers.deliver(index, 9)
    for (const { log } of writers.replicas) expect(log).toEqual([])
  })

  it('C3: of a path that two regions fought over for long the newest pairs are kept, the same in any order', () => {
    const writers = new Writers()
    writers.edit(1, [title('A mug')])
    for (const index of regions.keys()) writers.deliver(index, 9)
    for (let n = 0; n < 20; n++) {
      writers.edit(0, [title(`red ${n}`)])
      writers.edit(2, [title(`blue ${n}`)])
    }
    const expected = expectedLog(writers.log)
    expect(expected).toHaveLength(pairsKeptPerPath)
    expect(expected.at(-1)?.later.value).toBe('blue 19')
    for (const way of [[0], [1], [2, 1], [1, 0, 2]]) expect(arrive(writers.log, way).log).toEqual(expected)
  })
})
