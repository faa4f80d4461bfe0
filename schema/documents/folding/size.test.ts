import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import {
  applyEdits,
  closeDocument,
  type DocumentShape,
  headsOf,
  openDocument,
  readState,
  saveDocument,
} from '../automerge.ts'
import type { Fold } from './mark.ts'
import { replay } from './replay.ts'

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const shape: DocumentShape = { name: 'test', maps: ['fields', 'tags'] }
const paragraph = 'A mug of clay, glazed twice, that holds a pint. '.repeat(40)

it('C11: a document of a thousand edits, of its text too, is as small as its state afterwards', () => {
  const handle = openDocument(shape, null, '11'.repeat(16))
  for (let count = 0; count < 1_000; count += 1) {
    const edits = [
      { map: 'fields', key: `f${count % 10}`, value: `value ${count}` },
      { map: 'fields', key: 'description', text: `${paragraph} Edition ${count}.` },
    ]
    applyEdits(handle, edits, { wallMs: count, counter: 0 }, 'eu')
  }
  const whole = saveDocument(handle)
  const fold: Fold = {
    ...{ kind: 'test', id: 'one', origin: 'eu', sequence: 9 },
    ...{ time: { wallMs: 9, counter: 0 }, heads: headsOf(handle) },
  }
  const stored = { snapshot: whole, changes: [], marks: [], superseded: null }
  const replayed = replay(shape, stored, [{ type: 'fold', fold, clock: {} }], '22'.repeat(16), sha256)
  const { handle: folded, newChanges, superseded, marks } = replayed
  expect(newChanges).toBeNull()
  expect(readState(folded)).toEqual(readState(handle))
  expect(saveDocument(folded).length * 10).toBeLessThan(whole.length)
  expect(superseded?.length).toBeGreaterThan(saveDocument(folded).length)
  // Of two thousand characters, and twice as many that are gone, the mark remembers runs.
  expect(JSON.stringify(marks).length).toBeLessThan(150_000)
  closeDocument(handle)
  closeDocument(folded)
})
