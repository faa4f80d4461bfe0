import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import * as Automerge from '#automerge'
import {
  applyChanges,
  applyEdits,
  closeDocument,
  type DocumentHandle,
  type DocumentShape,
  genesisChange,
  genesisHeads,
  headsOf,
  openDocument,
  readState,
  saveDocument,
} from './automerge.ts'
import { followHeads, identifyChange } from './change-bytes.ts'
import { type DocumentState, type Edit, emptyState } from './document.ts'
import { absorbFacts, encodeFacts } from './facts.ts'
import { valueAt } from './register.ts'
import { kinds } from './registry.ts'
import { editState } from './state.ts'

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const shape: DocumentShape = { name: 'test', maps: ['fields', 'tags'] }
const factShape: DocumentShape = { name: 'test-facts', maps: ['facts'] }
const at = (wallMs: number, counter = 0) => ({ wallMs, counter })

const open: DocumentHandle[] = []
let actors = 0

function actor(): string {
  return (++actors).toString(16).padStart(32, '0')
}

function begin(kind = shape, changes: readonly Uint8Array[] = []): DocumentHandle {
  const handle = openDocument(kind, { snapshot: null, changes }, actor())
  open.push(handle)
  return handle
}

function write(handle: DocumentHandle, edits: readonly Edit[], wallMs: number, region: string): Uint8Array {
  const change = applyEdits(handle, edits, at(wallMs), region)
  if (change === null) throw new Error('the edits changed nothing')
  return change.bytes
}

afterEach(() => {
  for (const handle of open.splice(0)) closeDocument(handle)
})

describe('a document in Automerge', () => {
  it('starts from the same bytes in every region', () => {
    const hashes = [...kinds.values()].map((kind) => [kind.name, genesisHeads(kind)[0]])
    expect(Object.fromEntries(hashes)).toMatchInlineSnapshot(`
      {
        "cart": "89f87ed7425dba58a27e64ef77f35abf29e0410167d7d21d5b3e020db649fad4",
        "contact": "c5370572451071cfbcf4dbc9b232138fd68a2959dc221c549b97dee5d52a4549",
        "customer": "51ef9a1b6ab48d6775ef413ff3fe4b2d745a103bb42892cd291b14b0e64034ab",
        "lease": "8296ce1fc6a0f09cf63e76c280889598764c299f8ce6e6315e3d139054ddbbba",
        "order": "8296ce1fc6a0f09cf63e76c280889598764c299f8ce6e6315e3d139054ddbbba",
        "product": "462db3146b31bc1d06c9914408d251f0c80f441389a40153a5c1219134f62dc2",
      }
    `)
    for (const kind of kinds.values()) expect(begin(kind).backend.getHeads()).toEqual(genesisHeads(kind))
  })

  it('W5: many edits make one change', () => {
    const handle = begin()
    const change = applyEdits(
      handle,
      [
        { map: 'fields', key: 'title', value: 'Mug' },
        { map: 'fields', key: 'title', value: 'Cup' },
        { map: 'tags', key: 'new', value: true },
      ],
      at(5),
      'eu',
    )
    expect(change?.heads).toHaveLength(1)
    const copy = begin(shape, change === null ? [] : [change.bytes])
    expect(readState(copy)).toEqual({
      fields: { title: [{ value: 'Cup', time: at(5), region: 'eu' }] },
      tags: { new: [{ value: true, time: at(5), region: 'eu' }] },
    })
    expect(applyEdits(handle, [{ map: 'tags', key: 'old', remove: true }], at(6), 'eu')).toBeNull()
  })

  it('M1: of concurrent writes of a field the later time stands, not what Automerge picks', () => {
    const eu = begin()
    const us = begin()
    // Many operations in us raise Automerge's own counter, so that it would pick the older value.
    for (let n = 0; n < 5; n++) write(us, [{ map: 'tags', key: `t${n}`, value: true }], 10 + n, 'us')
    const late = write(eu, [{ map: 'fields', key: 'title', value: 'later' }], 90, 'eu')
    const early = write(us, [{ map: 'fields', key: 'title', value: 'earlier' }], 50, 'us')
    applyChanges(eu, us.backend.getChanges([...genesisHeads(shape)]))
    applyChanges(us, [late])
    expect(early).toBeDefined()
    expect(readState(eu)).toEqual(readState(us))
    expect(readState(eu).fields?.title).toHaveLength(2)
    expect(valueAt(readState(eu), 'fields', 'title')).toBe('later')
    expect(headsOf(eu)).toEqual(headsOf(us))
  })

  it('M1: a tag put while another region removes it stays', () => {
    const eu = begin()
    const base = write(eu, [{ map: 'tags', key: 'sale', value: true }], 1, 'eu')
    const us = begin(shape, [base])
    const removal = write(eu, [{ map: 'tags', key: 'sale', remove: true }], 2, 'eu')
    const put = write(us, [{ map: 'tags', key: 'sale', value: true }], 1, 'us')
    applyChanges(eu, [put])
    applyChanges(us, [removal])
    expect(readState(eu)).toEqual({ tags: { sale: [{ value: true, time: at(1), region: 'us' }] } })
    expect(readState(us)).toEqual(readState(eu))
  })

  it('C3: heads are known from the bytes of the changes alone', () => {
    const eu = begin()
    const us = begin()
    const changes = [
      write(eu, [{ map: 'fields', key: 'title', value: 'a'.repeat(5000) }], 1, 'eu'),
      write(us, [{ map: 'fields', key: 'title', value: 'b' }], 1, 'us'),
    ]
    applyChanges(eu, changes)
    expect(followHeads([], changes, sha256).heads).toEqual(headsOf(eu))
    const third = write(eu, [{ map: 'fields', key: 'title', value: 'c' }], 2, 'eu')
    expect(followHeads(followHeads([], changes, sha256).heads, [third], sha256).heads).toEqual(headsOf(eu))
    expect(headsOf(eu)).toHaveLength(1)
  })

  it('says what is wrong with bytes that are no change', () => {
    const change = genesisChange(shape)
    const broken = change.slice()
    broken[20] = (broken[20] ?? 0) ^ 1
    expect(() => identifyChange(broken, sha256)).toThrow('checksum')
    expect(() => identifyChange(change.slice(0, -1), sha256)).toThrow('length')
    expect(() => identifyChange(new Uint8Array(4), sha256)).toThrow('magic')
  })

  it('comes back from a snapshot with all concurrent values', () => {
    const eu = begin()
    const us = begin()
    write(eu, [{ map: 'fields', key: 'title', value: 'eu' }], 1, 'eu')
    applyChanges(eu, [write(us, [{ map: 'fields', key: 'title', value: 'us' }], 1, 'us')])
    const copy = openDocument(shape, { snapshot: saveDocument(eu), changes: [] }, actor())
    open.push(copy)
    expect(readState(copy)).toEqual(readState(eu))
    expect(headsOf(copy)).toEqual(headsOf(eu))
  })

  it('has the state that editing without the document gives', () => {
    const words = fc
      .array(fc.constantFrom('a', 'red', '👨‍👩‍👧', 'e\u0301', '\n'), { maxLength: 5 })
      .map((list) => list.join(' '))
    const edit = fc.oneof(
      fc.record({
        map: fc.constantFrom('fields', 'tags'),
        key: fc.constantFrom('a', 'b', '__proto__'),
        value: fc.nat(3),
      }),
      fc.record({
        map: fc.constantFrom('fields', 'tags'),
        key: fc.constantFrom('a', 'b', '__proto__'),
        remove: fc.constant(true as const),
      }),
      fc.record({ map: fc.constant('fields'), key: fc.constantFrom('words', 'more'), text: words }),
    )
    fc.assert(
      fc.property(fc.array(fc.array(edit, { maxLength: 4 }), { maxLength: 6 }), (flushes) => {
        const handle = begin()
        let state: DocumentState = emptyState
        for (const [index, edits] of flushes.entries()) {
          applyEdits(handle, edits, at(index), 'eu')
          state = editState(state, edits, at(index), 'eu', shape.name)
        }
        expect(readState(handle)).toEqual(state)
      }),
      { numRuns: 100 },
    )
  })
})

describe('facts encoded without a document', () => {
  const text = fc.oneof(fc.string({ maxLength: 200 }), fc.constant('ü€😀'))
  const facts = fc
    .uniqueArray(fc.record({ id: fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }), note: text }), {
      selector: ({ id }) => id,
      minLength: 1,
      maxLength: 80,
    })
    .filter((list) => list.every(({ id }) => id !== '__proto__'))

  it("are the very bytes of Automerge's own encoder", () => {
    fc.assert(
      fc.property(facts, fc.nat(2 ** 40), (list, wallMs) => {
        const written = encodeFacts(factShape, { heads: [], state: {} }, list, at(wallMs), 'eu', actor(), sha256)
        const decoded = Automerge.decodeChange(written.bytes)
        expect(decoded.hash).toBe(written.heads[0])
        expect([...Automerge.encodeChange(decoded)]).toEqual([...written.bytes])
      }),
      { numRuns: 200 },
    )
  })

  it('C3: give the state that the built document has, whatever order they come in', () => {
    fc.assert(
      fc.property(fc.array(facts, { minLength: 1, maxLength: 5 }), fc.infiniteStream(fc.nat()), (lists, random) => {
        const built = begin(factShape)
        const events = []
        let document: { heads: readonly string[]; state: DocumentState } = { heads: [], state: {} }
        const carried: Uint8Array[] = []
        for (const [index, list] of lists.entries()) {
          // Half of the time a region that knows of nothing else writes, perhaps the same ids.
          const base = (random.next().value ?? 0) % 2 === 0 ? document : { heads: [], state: {} }
          const fresh = list.filter(({ id }) => base.state.facts?.[id] === undefined)
          if (fresh.length === 0) continue
          const region = `r${index}`
          const written = encodeFacts(factShape, base, fresh, at(index), region, actor(), sha256)
          const added = fresh.map((data) => ({ data, time: at(index), region }))
          events.push(...added)
          carried.push(written.bytes)
          const state = absorbFacts(document.state, added)
          document = { heads: followHeads(document.heads, [written.bytes], sha256).heads, state }
        }
        applyChanges(built, carried)
        const shuffled = events
          .map((event) => ({ event, place: random.next().value ?? 0 }))
          .sort((left, right) => left.place - right.place)
          .map(({ event }) => event)
        expect(absorbFacts({}, shuffled)).toEqual(readState(built))
        expect(document.state).toEqual(readState(built))
        expect(document.heads).toEqual(headsOf(built))
      }),
      { numRuns: 100 },
    )
  })
})
