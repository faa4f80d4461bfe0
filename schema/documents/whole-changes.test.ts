import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Commit, CommitEvent, DocumentChange } from '../commit/commit.ts'
import type { JsonObject } from '../json.ts'
import { identifyChange } from './change-bytes.ts'
import type { DocumentState } from './document.ts'
import { absorbFacts, encodeFacts } from './facts.ts'
import { orderKind } from './order/kind.ts'
import { withWholeChanges } from './whole-changes.ts'

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const time = { wallMs: 1_700_000_000_000, counter: 3 }

function commitOf(events: readonly CommitEvent[], documents: readonly DocumentChange[]): Commit {
  const place = { origin: 'eu@2', firstSequence: 1, lastSequence: events.length, clock: {}, time }
  return { ...place, events, documents, stock: [], outcomes: [] }
}

function eventOf(entityId: string, data: JsonObject): CommitEvent {
  return { type: `order.${String(data.kind)}`, entityId, data, placement: 'everywhere' }
}

function changeOf(id: string, bytes: Uint8Array): DocumentChange {
  return { kind: 'order', id, placement: 'everywhere', bytes }
}

const facts = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }).filter((id) => id !== '__proto__'),
    kind: fc.constantFrom('placed', 'paid'),
    note: fc.string({ maxLength: 100, unit: 'grapheme' }),
    lines: fc.array(fc.record({ sku: fc.string(), quantity: fc.integer() }), { maxLength: 5 }),
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 6 },
)

/** As a commit's data comes from its bytes. */
function travelled(commit: Commit): Commit {
  const events = commit.events.map((event) => ({
    ...event,
    data: JSON.parse(JSON.stringify(event.data)) as JsonObject,
  }))
  return { ...commit, events }
}

describe('a change of facts in its short form', () => {
  it('C6: is whole again from the events of its commit, byte for byte, first or later, alone or among others', () => {
    fc.assert(
      fc.property(fc.array(facts, { minLength: 1, maxLength: 4 }), fc.nat(), (lists, seed) => {
        const events: CommitEvent[] = []
        const whole: Uint8Array[] = []
        const short: DocumentChange[] = []
        for (const [index, list] of lists.entries()) {
          const id = `order-${index}`
          const before: DocumentState =
            (seed + index) % 2 === 0
              ? {}
              : absorbFacts({}, [{ data: { id: ' before' }, time: { wallMs: 1, counter: 0 }, region: 'us' }])
          const heads = (seed + index) % 2 === 0 ? [] : ['ab'.repeat(32), '0c'.repeat(32)]
          const actor = (index + 16).toString(16).repeat(16)
          const written = encodeFacts(orderKind, { heads, state: before }, list, time, 'eu', actor, sha256)
          events.push(...list.map((fact) => eventOf(id, fact)))
          whole.push(written.bytes)
          short.push(changeOf(id, written.short))
        }
        const commit = travelled(commitOf(events, short))
        const made = withWholeChanges(commit, sha256).documents.map(({ bytes }) => bytes)
        expect(made.map((bytes) => [...bytes])).toEqual(whole.map((bytes) => [...bytes]))
        // What is remembered of them is what their bytes say.
        for (const bytes of made) expect(identifyChange(bytes, sha256)).toEqual(identifyChange(bytes.slice(), sha256))
      }),
      { numRuns: 100 },
    )
  })

  it('C7: is refused where the events tell no facts, where it is none of a document of facts, and where bytes are left', () => {
    const fact = { id: 'placed', kind: 'placed' }
    const { short } = encodeFacts(orderKind, { heads: [], state: {} }, [fact], time, 'eu', 'ab'.repeat(16), sha256)
    const whole = (commit: Commit) => () => withWholeChanges(commit, sha256)
    expect(whole(commitOf([eventOf('o', fact)], [changeOf('o', short)]))).not.toThrow()
    for (const commit of [
      commitOf([eventOf('another', fact)], [changeOf('o', short)]),
      commitOf([eventOf('o', fact)], [{ ...changeOf('o', short), kind: 'cart' }]),
    ]) {
      const [change] = whole(commit)().documents
      expect(() => identifyChange(change?.bytes ?? new Uint8Array(), sha256)).toThrow('not an Automerge change')
    }
    expect(whole(commitOf([eventOf('o', { kind: 'placed' })], [changeOf('o', short)]))).toThrow('no id')
    expect(whole(commitOf([eventOf('o', fact)], [changeOf('o', Uint8Array.of(...short, 0))]))).toThrow('too many')
    expect(whole(commitOf([eventOf('o', fact)], [changeOf('o', short.slice(0, -3))]))).toThrow()
  })

  it('takes a tenth of the change that it stands for', () => {
    const lines = Array.from({ length: 26 }, (_, line) => ({ id: `${line}`, sku: `85123${line}`, quantity: 6 }))
    const fact = { id: 'placed', kind: 'placed', lines }
    const written = encodeFacts(orderKind, { heads: [], state: {} }, [fact], time, 'eu', 'ab'.repeat(16), sha256)
    expect(written.short.length * 10).toBeLessThan(written.bytes.length)
  })
})
