// For tests: regions that write and fold one document, each beside a twin that is never folded; and the steps that they take.

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { VersionVector } from '../../clock/version-vector.ts'
import {
  applyEdits,
  closeDocument,
  type DocumentHandle,
  type DocumentShape,
  headsOf,
  openDocument,
  readState,
  saveDocument,
} from '../automerge.ts'
import type { DocumentState, Edit } from '../document.ts'
import type { Fold, FoldMark } from './mark.ts'
import { type Entry, type FoldedBytes, replay } from './replay.ts'

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const shape: DocumentShape = { name: 'test', maps: ['fields', 'tags'] }
const regions = ['ap', 'eu', 'us'] as const
type RegionName = (typeof regions)[number]

const actorOf = (name: string) =>
  Buffer.from(sha256(Buffer.from(name)))
    .toString('hex')
    .slice(0, 32)

/** A commit that writes one thing to the one document. */
interface Written {
  readonly origin: RegionName
  readonly sequence: number
  readonly clock: VersionVector
  readonly entry: Entry
  /** For the document that is never folded. */
  readonly plain: Uint8Array | null
}

/** Thousands: `ORDERS=1000 npx vitest run schema/documents/folding`; they take minutes. */
export const orders = Number(process.env.ORDERS ?? 50)

const sharedWords = 'ap0, eu0, us0.'

const none: FoldedBytes = { snapshot: null, changes: [], marks: [], superseded: null }

/** A region as far as one document goes: what it stores, and a twin of it that ignores folds. */
export class Replica {
  readonly name: RegionName
  stored: FoldedBytes = none
  plain: Uint8Array[] = []
  clock: Record<string, number> = {}
  time = 0

  constructor(name: RegionName) {
    this.name = name
  }

  holds({ origin, sequence }: Written): boolean {
    return (this.clock[origin] ?? 0) >= sequence
  }

  isReady({ origin, sequence, clock }: Written): boolean {
    const rest = { ...clock, [origin]: sequence - 1 }
    return Object.entries(rest).every(([each, count]) => (this.clock[each] ?? 0) >= count)
  }

  take(commits: readonly Written[]): void {
    this.#store(commits.map(({ entry }) => entry))
    for (const { origin, sequence, plain } of commits) {
      this.clock[origin] = sequence
      if (plain !== null) this.plain.push(plain)
    }
  }

  #store(entries: readonly Entry[]): void {
    const replayed = replay(shape, this.stored, entries, actorOf(this.name), sha256)
    const { handle, newChanges, marks, superseded } = replayed
    const changes = newChanges === null ? [] : [...this.stored.changes, ...newChanges]
    const snapshot = newChanges === null ? saveDocument(handle) : this.stored.snapshot
    closeDocument(handle)
    this.stored = { snapshot, changes, marks, superseded }
  }

  /** The same edits on the document and on its twin; in the text that all share, everybody changes a word of their own. */
  edit(others: readonly Edit[], word = 0): Written | null {
    this.time += 1
    const shared = this.read().state.fields?.words?.[0]?.value ?? sharedWords
    const text = String(shared).replace(RegExp(`${this.name}\\d`), this.name + word)
    const edits = [...others, { map: 'fields', key: 'words', text }]
    const at = { wallMs: 1_000 * this.time + regions.indexOf(this.name), counter: 0 }
    const write = (handle: DocumentHandle) => {
      const change = applyEdits(handle, edits, at, this.name)
      closeDocument(handle)
      return change?.bytes ?? null
    }
    const bytes = write(this.open())
    const plain = write(openDocument(shape, { snapshot: null, changes: this.plain }, actorOf(`${this.name} plain`)))
    if (!edits.some(({ key }) => key === 'any')) expect(bytes === null).toBe(plain === null)
    return bytes === null ? null : this.#commit((clock) => ({ type: 'change', bytes, clock }), plain)
  }

  fold(heads: readonly string[]): Written {
    const { name } = this
    const at = { wallMs: this.time, counter: 0 }
    return this.#commit((clock, sequence) => {
      const fold: Fold = { kind: 'test', id: 'one', origin: name, sequence, time: at, heads }
      return { type: 'fold', fold, clock }
    }, null)
  }

  #commit(make: (clock: VersionVector, sequence: number) => Entry, plain: Uint8Array | null): Written {
    const sequence = (this.clock[this.name] ?? 0) + 1
    const clock = { ...this.clock, [this.name]: sequence }
    const written = { origin: this.name, sequence, clock, entry: make(clock, sequence), plain }
    this.take([written])
    return written
  }

  open(): DocumentHandle {
    return openDocument(shape, this.stored, actorOf(this.name))
  }

  read(): { readonly heads: readonly string[]; readonly state: DocumentState; readonly marks: readonly FoldMark[] } {
    const handle = this.open()
    const found = { heads: headsOf(handle), state: readState(handle), marks: this.stored.marks }
    closeDocument(handle)
    return found
  }

  readPlain(): DocumentState {
    const handle = openDocument(shape, { snapshot: null, changes: this.plain }, actorOf('reader'))
    const state = readState(handle)
    closeDocument(handle)
    return state
  }
}

export type Step =
  | { readonly type: 'edit'; readonly by: number; readonly edits: readonly Edit[]; readonly word: number }
  | { readonly type: 'meet'; readonly one: number; readonly other: number; readonly count: number }

/** Few words, so that edits meet in the same places. */
const words = fc.array(fc.constantFrom('a', 'red', 'blue', '😀', 'mug'), { maxLength: 6 }).map((list) => list.join(' '))

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ map: fc.constantFrom('fields', 'tags'), key: fc.constantFrom('a', 'b', 'c'), value: fc.nat(9) }),
  fc.record({
    map: fc.constantFrom('fields', 'tags'),
    key: fc.constantFrom('a', 'b', 'c'),
    remove: fc.constant(true as const),
  }),
  fc.record({ map: fc.constant('fields'), key: fc.constant('any'), text: words }),
)
export const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant('edit' as const),
    by: fc.nat(2),
    edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
    word: fc.nat(9),
  }),
  fc.record({
    type: fc.constant('meet' as const),
    one: fc.nat(2),
    other: fc.nat(2),
    count: fc.integer({ min: 1, max: 4 }),
  }),
)
export const steps = fc.array(step, { maxLength: 24 })
export const editsOf = (all: readonly Step[]) => all.filter(({ type }) => type === 'edit')
export const unsentEdits = fc.array(fc.array(edit, { minLength: 1, maxLength: 3 }), { maxLength: 4 })

/** Where two regions write at one place, a fold may leave their words in another order: the same one in every region. */
function withoutAny(state: DocumentState): DocumentState {
  const { any, 'any@': edited, ...fields } = state.fields ?? {}
  return { ...state, fields }
}

export class World {
  readonly replicas = regions.map((name) => new Replica(name))
  readonly log: Written[] = []

  constructor() {
    this.keep(this.replica(0).edit([]))
    this.settle()
  }

  replica(index: number): Replica {
    const replica = this.replicas[index]
    if (replica === undefined) throw new Error(`no replica ${index}`)
    return replica
  }

  run(all: readonly Step[]): void {
    for (const each of all) {
      if (each.type === 'edit') this.keep(this.replica(each.by).edit(each.edits, each.word))
      else this.meet(each.one, each.other, each.count)
    }
  }

  keep(written: Written | null): void {
    if (written !== null) this.log.push(written)
  }

  /** The other takes up to `count` of what the one holds and it lacks: in one go, or one by one. */
  meet(one: number, other: number, count: number): void {
    const [from, to] = [this.replica(one), this.replica(other)]
    for (let taken = 0; taken < count; taken += 1) {
      const next = this.log.find((each) => from.holds(each) && !to.holds(each) && to.isReady(each))
      if (next === undefined) return
      to.take([next])
    }
  }

  /** All that one region has written. */
  bring(to: Replica, origin: RegionName): void {
    for (const each of this.log) if (each.origin === origin && !to.holds(each)) to.take([each])
  }

  /** Everybody gets everything, in an order of their own. */
  settle(): void {
    this.replicas.forEach((replica, index) => {
      for (;;) {
        const ready = this.log.filter((each) => !replica.holds(each) && replica.isReady(each))
        const next = ready[(index * 7 + ready.length) % Math.max(1, ready.length)]
        if (next === undefined) return
        replica.take([next])
      }
    })
  }

  check(): void {
    this.settle()
    const [first, ...others] = this.replicas.map((replica) => replica.read())
    for (const other of others) {
      expect(other.heads).toEqual(first?.heads)
      expect(other.state).toEqual(first?.state)
    }
    for (const replica of this.replicas)
      expect(withoutAny(replica.read().state)).toEqual(withoutAny(replica.readPlain()))
  }
}
