import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import * as Automerge from '#automerge'
import { formatTime } from '../clock/hybrid-clock.ts'
import type { Commit } from '../commit/commit.ts'
import { actorOf } from '../documents/actor.ts'
import { applyEdits, closeDocument, genesisActor, genesisHeads, openDocument } from '../documents/automerge.ts'
import { productKind } from '../documents/product/kind.ts'
import { encodeRegister } from '../documents/register.ts'
import { findDocumentFlaw } from './document-rule.ts'

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const time = { wallMs: 5, counter: 0 }
const actor = actorOf('eu', 'ab'.repeat(16), sha256)
const fields = `1@${genesisActor}`
const born = `description@${formatTime(time)}@eu`

function reasonOf(bytes: Uint8Array): string | null {
  const documents = [{ kind: 'product', id: 'p1', placement: 'everywhere' as const, bytes }]
  const commit: Commit = {
    ...{ origin: 'eu', firstSequence: 1, lastSequence: 1, clock: {}, time },
    ...{ events: [], documents, stock: [], outcomes: [] },
  }
  return findDocumentFlaw(commit, 'everywhere', sha256)?.reason ?? null
}

function change(ops: readonly object[]): Uint8Array {
  const ofGenesis = { actor, author: null, seq: 1, startOp: 4, time: 0, message: null }
  return Automerge.encodeChange({ ...ofGenesis, deps: [...genesisHeads(productKind)], ops: ops as never[] })
}

const character = (value: string) => ({
  action: 'set',
  obj: `4@${actor}`,
  elemId: '_head',
  insert: true,
  value,
  pred: [],
})
const begin = (key: string) => ({ action: 'makeText', obj: fields, key, pred: [] })
const put = (key: string, value: string) => ({ action: 'set', obj: fields, key, value, pred: [] })

describe('a change of a text', () => {
  it('M1: is judged sound when it begins a text, and when it changes one and says so', () => {
    const handle = openDocument(productKind, null, actor)
    const first = applyEdits(handle, [{ map: 'fields', key: 'description', text: 'A 😀 mug.' }], time, 'eu')
    const later = applyEdits(handle, [{ map: 'fields', key: 'description', text: 'A mug, 👨‍👩‍👧.' }], time, 'eu')
    closeDocument(handle)
    expect(first && reasonOf(first.bytes)).toBe(null)
    expect(later && reasonOf(later.bytes)).toBe(null)
  })

  it.each([
    ['that nobody says to have made', [character('a')], 'changes a text and does not say so'],
    ['of more than a character at once', [begin(born), character('abc')], 'touches something else than its maps'],
    ['of a field that is none', [begin(`title@${formatTime(time)}@eu`)], 'does not belong there'],
    ['in the name of another region', [begin(`description@${formatTime(time)}@us`)], 'does not belong there'],
    ['at another time', [begin(`description@${formatTime({ wallMs: 4, counter: 0 })}@eu`)], 'does not belong there'],
    [
      'told with something else',
      [put('description@', encodeRegister({ put: 1 }, time, 'eu'))],
      'does not belong there',
    ],
  ])('M1: is refused when it is one %s', (_, ops, words) => {
    expect(reasonOf(change(ops))).toContain(words)
  })
})
