// Documents that only gather facts: their state from events alone, and their changes encoded directly, without a
// document in memory. Byte for byte what Automerge's own encoder makes, at a tenth of its cost. Knows no kind.

import type { HybridTime } from '../clock/hybrid-clock.ts'
import type { RegionId } from '../clock/origin.ts'
import { ByteWriter } from '../commit/bytes.ts'
import type { JsonObject } from '../json.ts'
import { type DocumentShape, genesisActor, genesisHeads } from './automerge.ts'
import { changeChunk, changeMagic, checksumLength, fromHex, type Sha256, toHex } from './change-bytes.ts'
import type { DocumentState, Register } from './document.ts'
import { compareText, encodeRegister, registersAt, sortRegisters } from './register.ts'

export const factsMap = 'facts'

/** A fact as its event carries it: `data` with its own id. */
export interface FactEvent {
  readonly data: JsonObject
  readonly time: HybridTime
  readonly region: RegionId
}

/** Throws RangeError where the data names no fact id. */
export function factIdOf(data: JsonObject): string {
  const { id } = data
  if (typeof id !== 'string' || id === '') throw new RangeError('a fact has no id')
  return id
}

/** Every fact register of a document, in no order that means anything. */
export function factRegisters(state: DocumentState): readonly Register[] {
  return Object.values(state[factsMap] ?? {}).flat()
}

/** The state with more facts, in whatever order they come; the same as reading the built document. */
export function absorbFacts(state: DocumentState, facts: readonly FactEvent[]): DocumentState {
  if (facts.length === 0) return state
  const entries: Record<string, readonly Register[]> = { ...state[factsMap] }
  for (const { data, time, region } of facts) {
    const id = factIdOf(data)
    const held = Object.hasOwn(entries, id) ? (entries[id] ?? []) : []
    entries[id] = sortRegisters([...held, { value: data, time, region }])
  }
  return { ...state, [factsMap]: entries }
}

/** True where the state holds a fact of this id, whoever wrote it. */
export function hasFact(state: DocumentState, id: string): boolean {
  return registersAt(state, factsMap, id).length > 0
}

/**
 * One change that puts `facts` (ids new to `state`, no id twice) on top of `heads`, which are all that `state` holds;
 * empty for a new document. `actor` is 32 hex digits, fresh: it writes this one change and no other.
 */
export function encodeFacts(
  shape: DocumentShape,
  document: { readonly heads: readonly string[]; readonly state: DocumentState },
  facts: readonly JsonObject[],
  time: HybridTime,
  region: RegionId,
  actor: string,
  sha256: Sha256,
): { readonly bytes: Uint8Array; readonly heads: readonly string[] } {
  const object = shape.maps.indexOf(factsMap) + 1
  if (object === 0) throw new RangeError(`a ${shape.name} holds no facts`)
  const keys = facts.map(factIdOf)
  for (const key of keys) if (hasFact(document.state, key)) throw new RangeError(`fact ${key} is already there`)
  if (new Set(keys).size !== keys.length || keys.length === 0) throw new RangeError('facts must be new, at least one')
  // Every operation so far made a map or put a fact, so counting them gives an operation number above all of theirs.
  const startOp = shape.maps.length + factRegisters(document.state).length + 1
  const deps = document.heads.length === 0 ? genesisHeads(shape) : [...document.heads].sort(compareText)
  const values = facts.map((fact) => encodeRegister(fact, time, region))
  const body = new ByteWriter()
  body.varint(deps.length)
  for (const dep of deps) body.bytes(fromHex(dep))
  const actorBytes = fromHex(actor)
  body.varint(actorBytes.length)
  body.bytes(actorBytes)
  // Sequence 1 of this actor, first operation, no time, no message, one other actor: that of the genesis change.
  for (const number of [1, startOp, 0, 0, 1, actorBytes.length]) body.varint(number)
  body.bytes(fromHex(genesisActor))
  writeOperations(body, object, keys, values)
  return sealChange(body.view(), sha256)
}

/** Column specifications of Automerge's change format. */
const columns = {
  objectActor: 0x01,
  objectCounter: 0x02,
  keyText: 0x15,
  insert: 0x34,
  action: 0x42,
  valueKind: 0x56,
  value: 0x57,
  predecessors: 0x70,
}
const setAction = 1
const textKind = 6

function writeOperations(body: ByteWriter, object: number, keys: readonly string[], values: readonly string[]): void {
  const same = (value: number) => runs(Array<number>(keys.length).fill(value), writeNumber)
  const insert = new ByteWriter(8)
  insert.varint(keys.length)
  const text = new ByteWriter(1024)
  const kinds = values.map((value) => text.rawText(value) * 16 + textKind)
  const data: readonly (readonly [number, Uint8Array])[] = [
    [columns.objectActor, same(1)],
    [columns.objectCounter, same(object)],
    [columns.keyText, runs(keys, (writer, key) => writer.text(key))],
    [columns.insert, insert.view()],
    [columns.action, same(setAction)],
    [columns.valueKind, runs(kinds, writeNumber)],
    [columns.value, text.view()],
    [columns.predecessors, same(0)],
  ]
  body.varint(data.length)
  for (const [specification, { length }] of data) {
    body.varint(specification)
    body.varint(length)
  }
  for (const [, bytes] of data) body.bytes(bytes)
}

function writeNumber(writer: ByteWriter, value: number): void {
  writer.varint(value)
}

/** Run-length encoding in its one canonical form: repeats as (n, value), what does not repeat as (−n, values). */
function runs<Item>(items: readonly Item[], write: (writer: ByteWriter, item: Item) => void): Uint8Array {
  const writer = new ByteWriter(64)
  let literals: Item[] = []
  const flush = () => {
    if (literals.length > 0) writeSigned(writer, -literals.length)
    for (const literal of literals) write(writer, literal)
    literals = []
  }
  for (let start = 0; start < items.length; ) {
    const item = items[start] as Item
    let end = start + 1
    while (end < items.length && items[end] === item) end++
    if (end - start === 1) literals.push(item)
    else {
      flush()
      writeSigned(writer, end - start)
      write(writer, item)
    }
    start = end
  }
  flush()
  return writer.view()
}

/** Signed LEB128, which is not the signed form of our own commits. */
function writeSigned(writer: ByteWriter, value: number): void {
  let rest = value
  for (;;) {
    const low = rest & 0x7f
    rest >>= 7
    const last = (rest === 0 && low < 64) || (rest === -1 && low >= 64)
    writer.byte(last ? low : low | 0x80)
    if (last) return
  }
}

function sealChange(
  body: Uint8Array,
  sha256: Sha256,
): { readonly bytes: Uint8Array; readonly heads: readonly string[] } {
  const chunk = new ByteWriter(body.length + 16)
  chunk.bytes(changeMagic)
  chunk.bytes(new Uint8Array(checksumLength))
  chunk.byte(changeChunk)
  chunk.varint(body.length)
  chunk.bytes(body)
  const bytes = chunk.view().slice()
  const hash = sha256(bytes.subarray(changeMagic.length + checksumLength))
  bytes.set(hash.subarray(0, checksumLength), changeMagic.length)
  return { bytes, heads: [toHex(hash)] }
}
