import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyEdits, closeDocument, openDocument, readState } from '../automerge.ts'
import { ConflictDetector } from '../conflicts/detector.ts'
import type { Edit } from '../document.ts'
import { productKind } from '../product/kind.ts'
import { maximumShownCharacters, shownEdit, splicesOf } from './splices.ts'

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())

function write(changes: readonly Uint8Array[], text: string, wallMs: number, region: string): Uint8Array {
  const actor = Buffer.from(sha256(Buffer.from(`${region} ${wallMs}`)))
    .toString('hex')
    .slice(0, 32)
  const handle = openDocument(productKind, { snapshot: null, changes }, actor)
  const edits: readonly Edit[] = [
    { map: 'fields', key: 'title', value: 'A mug' },
    { map: 'fields', key: 'description', text },
  ]
  const change = applyEdits(handle, edits, { wallMs, counter: 0 }, region)
  closeDocument(handle)
  if (change === null) throw new Error('the edits changed nothing')
  return change.bytes
}

function read(changes: readonly Uint8Array[]): string | undefined {
  const handle = openDocument(productKind, { snapshot: null, changes }, 'ee'.repeat(16))
  const view = productKind.view('p1', readState(handle))
  closeDocument(handle)
  return view?.description
}

function conflicts(before: readonly Uint8Array[], last: Uint8Array) {
  const handle = openDocument(productKind, { snapshot: null, changes: before }, 'ee'.repeat(16))
  const detector = new ConflictDetector(productKind, 'p1', sha256)
  detector.opened(handle)
  detector.take(last)
  closeDocument(handle)
  return detector.pairs().map(({ path, policy, earlier, later }) => [path, policy, earlier.value, later.value])
}

describe("a product's description", () => {
  const base = write([], 'A mug of clay. Holds a pint. Made in Leeds.', 1, 'eu')

  it('M1: keeps what two regions changed at once in different places, in whichever order it came', () => {
    const front = write([base], 'A red mug of clay. Holds a pint. Made in Leeds.', 2, 'ap')
    const back = write([base], 'A mug of clay. Holds a pint. Made by hand in York.', 3, 'us')
    const merged = 'A red mug of clay. Holds a pint. Made by hand in York.'
    expect(read([base, front, back])).toBe(merged)
    expect(read([base, back, front])).toBe(merged)
    expect(conflicts([base, front], back)).toEqual([
      ['description', 'text-merge', { removed: '', put: 'red ' }, { removed: 'in Leeds', put: 'by hand in York' }],
    ])
  })

  it('M1: keeps an edit that lies between two edits of another region', () => {
    const around = write([base], 'The mug of clay. Holds a pint. Made in York.', 2, 'ap')
    const between = write([base], 'A mug of clay. Holds half a pint. Made in Leeds.', 3, 'us')
    expect(read([base, around, between])).toBe('The mug of clay. Holds half a pint. Made in York.')
  })

  it('M1: written first in two regions at once is one of the two texts, and both are told', () => {
    const red = write([], 'A red mug.', 2, 'ap')
    const blue = write([], 'A blue mug.', 3, 'us')
    expect(read([red, blue])).toBe('A blue mug.')
    expect(read([blue, red])).toBe('A blue mug.')
    expect(conflicts([red], blue)).toEqual([['description', 'last-writer', 'A red mug.', 'A blue mug.']])
  })

  it('M1: written alike in two regions, as a repeated import does, stands once and is no conflict', () => {
    const one = write([], 'A red mug.', 2, 'ap')
    const again = write([], 'A red mug.', 3, 'us')
    expect(read([one, again])).toBe('A red mug.')
    expect(conflicts([one], again)).toEqual([])
    const changed = write([one, again], 'A dark red mug.', 4, 'eu')
    expect(read([one, again, changed])).toBe('A dark red mug.')
  })

  it('M1: cleared while another region adds to it keeps the addition; written anew after that stands alone', () => {
    const cleared = write([base], '', 2, 'eu')
    const added = write([base], 'A mug of clay. Holds a pint. Made in Leeds. Dishwasher safe.', 3, 'us')
    expect(read([base, cleared, added])).toBe(' Dishwasher safe.')
    const anew = write([base, cleared], 'Sold out.', 4, 'eu')
    expect(read([base, cleared, anew, added])).toBe('Sold out.')
    expect(read([base, added, cleared, anew])).toBe('Sold out.')
  })
})

describe('the way from one text to another', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.array(fc.constantFrom('a', 'red', '👍🏽', 'é', ' ', '\n', ','), { maxLength: 30 }).map((list) => list.join(' ')),
  )

  it('leads there, and parts no character', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        let now = before
        for (const { at, remove, insert } of splicesOf(before, after)) {
          now = now.slice(0, at) + insert + now.slice(at + remove)
          expect(now).not.toMatch(/\p{Surrogate}/u)
        }
        expect(now).toBe(after)
      }),
      { numRuns: 500 },
    )
  })

  it('is one piece for texts that have nothing in common, and shown cut off', () => {
    const words = (letter: string) => Array.from({ length: 2_000 }, (_, n) => `${letter}${n}`).join(' ')
    const [before, after] = [words('a'), words('b')]
    expect(splicesOf(before, after)).toEqual([{ at: 0, remove: before.length, insert: after }])
    const { removed, put } = shownEdit(before, after)
    expect([String(removed).length, String(put).length]).toEqual([maximumShownCharacters, maximumShownCharacters])
  })
})
