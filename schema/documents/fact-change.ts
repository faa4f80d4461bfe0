// The Automerge change that puts facts, encoded directly: byte for byte what Automerge's own encoder makes, without a
// document in memory, at a tenth of its cost. And its short form in a commit, which leaves the facts to the commit's
// events: they make up most of a change, and would travel and be stored twice. Knows no kind and no state.

import type { HybridTime } from '../clock/hybrid-clock.ts'
import type { RegionId } from '../clock/origin.ts'
import { ByteReader, ByteWriter } from '../commit/bytes.ts'
import { fromHex, toHex } from '../hex.ts'
import type { JsonObject } from '../json.ts'
import { actorDigits } from './actor.ts'
import { type DocumentShape, genesisActor, genesisHeads } from './automerge.ts'
import { changeChunk, changeMagic, checksumLength, type Sha256 } from './change-bytes.ts'
import { encodeRegister } from './register.ts'

export const factsMap = 'facts'

/** What makes a change of facts, apart from the facts, their time and their region. */
export interface FactChange {
  /** Hex hashes, sorted: the document's heads before it. */
  readonly deps: readonly string[]
  /** Hex; writes this one change and no other. */
  readonly actor: string
  /** Above the number of every operation that it depends on. */
  readonly startOp: number
}

export interface EncodedChange {
  readonly bytes: Uint8Array
  /** Hex: the document's only head after it. */
  readonly hash: string
}

/** The change that puts `facts`, each at the key of its `data.id`. Throws RangeError for a shape that holds no facts. */
export function encodeFactChange(
  shape: DocumentShape,
  { deps, actor, startOp }: FactChange,
  facts: readonly JsonObject[],
  time: HybridTime,
  region: RegionId,
  sha256: Sha256,
): EncodedChange {
  const object = shape.maps.indexOf(factsMap) + 1
  if (object === 0) throw new RangeError(`a ${shape.name} holds no facts`)
  const head = new ByteWriter(512)
  head.varint(deps.length)
  for (const dep of deps) head.bytes(fromHex(dep))
  head.varint(actorBytes)
  head.bytes(fromHex(actor))
  // Sequence 1 of this actor, first operation, no time, no message, one other actor: that of the genesis change.
  for (const number of [1, startOp, 0, 0, 1, actorBytes]) head.varint(number)
  head.bytes(fromHex(genesisActor))
  const values = writeColumns(head, object, facts, time, region)
  const tail = same(facts.length, 0)
  return seal([head.view(), values, tail], sha256)
}

/** Throws RangeError where the data names no fact id. */
export function factIdOf(data: JsonObject): string {
  const { id } = data
  if (typeof id !== 'string' || id === '') throw new RangeError('a fact has no id')
  return id
}

const actorBytes = actorDigits / 2

/** Column specifications of Automerge's change format, in their order. */
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

/** Writes every column but the last two, which are the texts that it returns and as many zeros as there are facts. */
function writeColumns(
  head: ByteWriter,
  object: number,
  facts: readonly JsonObject[],
  time: HybridTime,
  region: RegionId,
): Uint8Array {
  const count = facts.length
  const registers = facts.map((fact) => encodeRegister(fact, time, region))
  const values = new ByteWriter(3 * registers.reduce((sum, { length }) => sum + length, 0))
  const kinds = registers.map((register) => values.rawText(register) * 16 + textKind)
  const insert = new ByteWriter(8)
  insert.varint(count)
  const data: readonly (readonly [number, Uint8Array])[] = [
    [columns.objectActor, same(count, 1)],
    [columns.objectCounter, same(count, object)],
    [columns.keyText, runs(facts.map(factIdOf), (writer, key) => writer.text(key))],
    [columns.insert, insert.view()],
    [columns.action, same(count, setAction)],
    [columns.valueKind, runs(kinds, writeNumber)],
  ]
  head.varint(data.length + 2)
  for (const [specification, { length }] of data) {
    head.varint(specification)
    head.varint(length)
  }
  for (const [specification, length] of [
    [columns.value, values.length],
    [columns.predecessors, same(count, 0).length],
  ] as const) {
    head.varint(specification)
    head.varint(length)
  }
  for (const [, bytes] of data) head.bytes(bytes)
  return values.view()
}

function writeNumber(writer: ByteWriter, value: number): void {
  writer.varint(value)
}

/** The column that holds `value` for each of `count` operations. */
function same(count: number, value: number): Uint8Array {
  const writer = new ByteWriter(16)
  writeSigned(writer, count === 1 ? -1 : count)
  writer.varint(value)
  return writer.view()
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

/** The change around its body. */
function seal(body: readonly Uint8Array[], sha256: Sha256): EncodedChange {
  const prefix = new ByteWriter(16)
  prefix.byte(changeChunk)
  prefix.varint(body.reduce((sum, { length }) => sum + length, 0))
  const parts = [changeMagic, new Uint8Array(checksumLength), prefix.view(), ...body]
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let place = 0
  for (const part of parts) {
    bytes.set(part, place)
    place += part.length
  }
  const hash = sha256(bytes.subarray(changeMagic.length + checksumLength))
  bytes.set(hash.subarray(0, checksumLength), changeMagic.length)
  return { bytes, hash: toHex(hash) }
}

const hashBytes = 32

/** The first byte of the short form; a whole change begins with Automerge's magic. */
const shortForm = 0x01

export function isShort(bytes: Uint8Array): boolean {
  return bytes[0] === shortForm
}

/** `change` for a commit whose events tell its facts, all of them and in their order. */
export function shortenFactChange(shape: DocumentShape, { deps, actor, startOp }: FactChange): Uint8Array {
  const writer = new ByteWriter(128)
  writer.byte(shortForm)
  const [genesis] = genesisHeads(shape)
  const isFirst = deps.length === 1 && deps[0] === genesis
  writer.varint(isFirst ? 0 : deps.length)
  if (!isFirst) for (const dep of deps) writer.bytes(fromHex(dep))
  writer.bytes(fromHex(actor))
  writer.varint(startOp)
  return writer.view()
}

/** The inverse of `shortenFactChange`. Throws CodecError. */
export function readShort(shape: DocumentShape, bytes: Uint8Array): FactChange {
  const reader = new ByteReader(bytes)
  reader.byte()
  const count = reader.count(hashBytes)
  const deps = Array.from({ length: count }, () => toHex(reader.bytes(hashBytes)))
  const actor = toHex(reader.bytes(actorBytes))
  const startOp = reader.varint()
  reader.end('a change of facts')
  return { deps: count === 0 ? genesisHeads(shape) : deps, actor, startOp }
}
