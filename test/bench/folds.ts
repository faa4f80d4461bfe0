// What folding is worth on documents that are edited for years: how large they are and how long they take to be opened,
// beside the same edits in Automerge alone. The very functions that a region stores and folds documents by, without a
// region around them.

import { createHash, randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import {
  applyEdits,
  closeDocument,
  headsOf,
  openDocument,
  readState,
  saveDocument,
} from '@causeway/schema/documents/automerge'
import type { Edit } from '@causeway/schema/documents/document'
import { type FoldedBytes, replay } from '@causeway/schema/documents/folding/replay'
import { productKind } from '@causeway/schema/documents/product/kind'
import { print } from './figure.ts'
import { readScale, sayScale } from './options.ts'

const bench = 'folds'
/** A node writes under one actor from its start to its end. */
const changesPerActor = 200
/** A document is folded so often over its life. */
const rounds = 10
const regions = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
const words = ['steel', 'walnut', 'folding', 'small', 'large', 'blue', 'old', 'new', 'table', 'lamp', 'mug', 'kettle']

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const newActor = () => randomBytes(16).toString('hex')
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item

/** What becomes of one document. Bytes are all that a region keeps of it, what it remembers of folds included. */
interface Life {
  readonly plainBytes: number
  readonly foldedBytes: number
  /** After half of the folds. */
  readonly earlyBytes: number
  readonly stateBytes: number
  readonly plainOpenMs: number
  readonly foldedOpenMs: number
  readonly foldMs: number
}

export async function folds(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      changes: { type: 'string', default: '1000000' },
      documents: { type: 'string', default: '1000' },
      scale: { type: 'string', default: '1' },
    },
  })
  // Fewer documents of the same age: what is said of one document does not depend on the scale.
  const scale = readScale(values.scale)
  const part = (name: 'changes' | 'documents') => Math.max(1, Math.round(wholeNumber(name, values[name]) * scale))
  const [changes, documents] = [part('changes'), part('documents')]
  const each = Math.floor(changes / documents / rounds)
  if (each === 0) throw new Error(`--changes is at least ${rounds} for each document`)
  const lives: Life[] = []
  for (let index = 0; index < documents; index += 1) {
    lives.push(live(index, each))
    await new Promise((resolve) => setImmediate(resolve))
  }
  report(lives, each * rounds, scale)
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} is a whole number from 1 on`)
  return value
}

/** The same edits twice: with a fold after every round, and with none. */
function live(index: number, changesPerRound: number): Life {
  let plain: FoldedBytes = { snapshot: null, changes: [], marks: [], superseded: null }
  let folded = plain
  let earlyBytes = 0
  let foldMs = 0
  for (let round = 0; round < rounds; round += 1) {
    for (let done = 0; done < changesPerRound; done += changesPerActor) {
      const edits = Array.from({ length: Math.min(changesPerActor, changesPerRound - done) }, () => [nextEdit()])
      const [actor, region] = [newActor(), pick(regions)]
      plain = edited(plain, edits, actor, region)
      folded = edited(folded, edits, actor, region)
      clockMs += edits.length
    }
    const began = performance.now()
    folded = foldedAt(folded, `product-${index}`, round)
    foldMs += performance.now() - began
    if (round === rounds / 2 - 1) earlyBytes = bytesOf(folded)
  }
  const [one, other] = [open(plain), open(folded)]
  if (JSON.stringify(one.state) !== JSON.stringify(other.state)) throw new Error('a fold has changed what stands')
  return {
    ...{ plainBytes: bytesOf(plain), foldedBytes: bytesOf(folded), earlyBytes },
    ...{ stateBytes: JSON.stringify(one.state).length, plainOpenMs: one.ms, foldedOpenMs: other.ms },
    foldMs: foldMs / rounds,
  }
}

/** As a shop edits a product: mostly its texts and prices, now and then a tag. */
function nextEdit(): Edit {
  const text = (length: number) => Array.from({ length }, () => pick(words)).join(' ')
  const chance = Math.random()
  if (chance < 0.3) return { map: 'fields', key: 'title', value: text(4) }
  if (chance < 0.5) return { map: 'fields', key: 'description', value: text(30) }
  if (chance < 0.9) {
    const price = { title: text(2), price: Math.floor(Math.random() * 10_000), currencyCode: 'GBP' }
    return { map: 'variants', key: `sku-${Math.floor(Math.random() * 6)}`, value: price }
  }
  const key = pick(words)
  return chance < 0.95 ? { map: 'tags', key, value: true } : { map: 'tags', key, remove: true }
}

let clockMs = 1_700_000_000_000

function edited(stored: FoldedBytes, edits: readonly (readonly Edit[])[], actor: string, region: string): FoldedBytes {
  const handle = openDocument(productKind, stored, actor)
  try {
    for (const [index, edit] of edits.entries())
      applyEdits(handle, edit, { wallMs: clockMs + index, counter: 0 }, region)
    return { ...stored, snapshot: saveDocument(handle), changes: [] }
  } finally {
    closeDocument(handle)
  }
}

/** As a region folds it, and lets go of the old bytes once all members know. */
function foldedAt(stored: FoldedBytes, id: string, round: number): FoldedBytes {
  const before = openDocument(productKind, stored, newActor())
  const heads = headsOf(before)
  closeDocument(before)
  const time = { wallMs: clockMs, counter: 0 }
  const fold = { kind: productKind.name, id, origin: 'us-east-1', sequence: round + 1, time, heads }
  const { handle, marks } = replay(
    productKind,
    stored,
    [{ type: 'fold', fold, clock: { 'us-east-1': round } }],
    newActor(),
    sha256,
  )
  try {
    return { snapshot: saveDocument(handle), changes: [], marks, superseded: null }
  } finally {
    closeDocument(handle)
  }
}

function bytesOf({ snapshot, marks }: FoldedBytes): number {
  return (snapshot?.length ?? 0) + JSON.stringify(marks).length
}

function open(stored: FoldedBytes): { readonly state: unknown; readonly ms: number } {
  const began = performance.now()
  const handle = openDocument(productKind, stored, newActor())
  const state = readState(handle)
  const ms = performance.now() - began
  closeDocument(handle)
  return { state, ms }
}

function report(lives: readonly Life[], changes: number, scale: number): void {
  const mean = (value: (life: Life) => number) => lives.reduce((sum, life) => sum + value(life), 0) / lives.length
  const made = `${sayScale(scale)}: ${changes} changes of each of ${lives.length} documents, folded ${rounds} times; state of ${Math.round(mean(({ stateBytes }) => stateBytes))} bytes as JSON`
  const unfolded = `${made}; baseline: the same edits in Automerge, never folded`
  const figures = [
    [
      'a document as it is stored',
      'bytes',
      mean((life) => life.foldedBytes),
      mean((life) => life.plainBytes),
      unfolded,
    ],
    [
      'opening and reading a document',
      'ms',
      mean((life) => life.foldedOpenMs),
      mean((life) => life.plainOpenMs),
      unfolded,
    ],
    [
      'a document after its last fold',
      'bytes',
      mean((life) => life.foldedBytes),
      mean((life) => life.earlyBytes),
      `${made}; baseline: after half of its folds, at half of its age`,
    ],
  ] as const
  for (const [figure, unit, value, baseline, note] of figures) print({ bench, figure, unit, value, baseline, note })
  const note = `${made}; finding its heads, folding, saving`
  print({ bench, figure: 'folding a document', unit: 'ms', value: mean(({ foldMs }) => foldMs), baseline: null, note })
}
