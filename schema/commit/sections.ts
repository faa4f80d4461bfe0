// Sections: the part of a commit that belongs to one placement class (C12). `everywhere` holds every event's type and
// id, the data placed everywhere, stock and outcomes; a home section holds the data of its events, by index, and its
// documents. Knows no salt, hash or signature.

import { fromHex, toHex } from '../hex.ts'
import type { JsonObject } from '../json.ts'
import { ByteReader, ByteWriter, CodecError } from './bytes.ts'
import type { CommandOutcome, Commit, CommitEvent, DocumentChange, PlacementClass } from './commit.ts'
import { DictionaryReader, DictionaryWriter } from './dictionary.ts'
import { type PlacedChange, parseJson, type ReadRecords, readRecords, writeRecords } from './records.ts'
import { readStockRows, writeStockRows } from './stock-rows.ts'

const digestBytes = 32
const acceptedFlag = 1
const resentFlag = 2

/** The classes that a commit needs sections for: `everywhere` always, then home classes in order. */
export function placementsOf(commit: Commit): PlacementClass[] {
  const homes = new Set<PlacementClass>()
  for (const event of commit.events) if (event.placement !== 'everywhere') homes.add(event.placement)
  for (const change of commit.documents) if (change.placement !== 'everywhere') homes.add(change.placement)
  return ['everywhere', ...[...homes].sort()]
}

/** The payload of one section of `commit`. */
export function writeSection(
  commit: Commit,
  placement: PlacementClass,
  placements: readonly PlacementClass[],
): Uint8Array {
  const frame = new ByteWriter(512)
  const body = new ByteWriter(1024)
  const dictionary = new DictionaryWriter()
  const whole = placements.length === 1
  if (placement === 'everywhere') {
    writeEvents(frame, dictionary, commit.events, placements)
    writeStockRows(frame, dictionary, commit.stock)
    writeOutcomes(frame, dictionary, commit.outcomes)
  } else {
    writeIndices(frame, commit.events, placement)
  }
  const events = whole ? commit.events : commit.events.filter((event) => event.placement === placement)
  writeRecords(frame, body, dictionary, events, changesOf(commit.documents, placement))
  frame.bytes(body.view())
  return frame.view()
}

function changesOf(documents: readonly DocumentChange[], placement: PlacementClass): PlacedChange[] {
  const changes: PlacedChange[] = []
  documents.forEach((change, index) => {
    if (change.placement === placement) changes.push({ index, change })
  })
  return changes
}

function writeEvents(
  frame: ByteWriter,
  dictionary: DictionaryWriter,
  events: readonly CommitEvent[],
  placements: readonly PlacementClass[],
): void {
  frame.varint(events.length)
  for (const event of events) dictionary.write(frame, event.type)
  for (const event of events) dictionary.write(frame, event.entityId)
  if (placements.length === 1) return
  for (const event of events) frame.varint(placements.indexOf(event.placement))
}

function writeIndices(frame: ByteWriter, events: readonly CommitEvent[], placement: PlacementClass): void {
  const indices = events.flatMap((event, index) => (event.placement === placement ? [index] : []))
  frame.varint(indices.length)
  indices.forEach((index, record) => {
    frame.varint(index - (indices[record - 1] ?? 0))
  })
}

function writeOutcomes(frame: ByteWriter, dictionary: DictionaryWriter, outcomes: readonly CommandOutcome[]): void {
  frame.varint(outcomes.length)
  for (const outcome of outcomes) {
    frame.text(outcome.key)
    frame.bytes(bytesOfHex(outcome.inputDigest))
    frame.byte((outcome.accepted ? acceptedFlag : 0) | (outcome.resent ? resentFlag : 0))
    dictionary.write(frame, outcome.command)
    frame.text(JSON.stringify(outcome.result))
  }
}

/** What the section `everywhere` holds; data and changes are those placed everywhere. */
export interface EverywhereSection extends ReadRecords {
  readonly types: readonly string[]
  readonly entityIds: readonly string[]
  readonly placements: readonly PlacementClass[]
  readonly stock: Commit['stock']
  readonly outcomes: readonly CommandOutcome[]
}

export function readEverywhere(payload: Uint8Array, placements: readonly PlacementClass[]): EverywhereSection {
  const reader = new ByteReader(payload)
  const dictionary = new DictionaryReader()
  const count = reader.count(3)
  const types: string[] = []
  const entityIds: string[] = []
  const eventPlacements: PlacementClass[] = []
  for (let index = 0; index < count; index++) types.push(dictionary.read(reader))
  for (let index = 0; index < count; index++) entityIds.push(dictionary.read(reader))
  let recordCount = 0
  for (let index = 0; index < count; index++) {
    const placement = placements[placements.length === 1 ? 0 : reader.varint()]
    if (placement === undefined)
      throw reader.malformed(`event ${index} lies in a section that the header does not name`)
    if (placement === 'everywhere') recordCount++
    eventPlacements.push(placement)
  }
  return {
    types,
    entityIds,
    placements: eventPlacements,
    stock: readStockRows(reader, dictionary),
    outcomes: readOutcomes(reader, dictionary),
    ...readRecords(reader, dictionary, recordCount),
  }
}

/** The number of events that the section `everywhere` claims, without reading on. */
export function countEvents(payload: Uint8Array): number {
  return new ByteReader(payload).varint()
}

export interface HomeSection extends ReadRecords {
  /** The commit's events whose data this is, ascending. */
  readonly indices: readonly number[]
}

export function readHome(payload: Uint8Array): HomeSection {
  const reader = new ByteReader(payload)
  const count = reader.count(2)
  const indices: number[] = []
  for (let record = 0; record < count; record++) {
    const step = reader.varint()
    if (record > 0 && step === 0) throw reader.malformed('an event is named twice')
    indices.push((indices[record - 1] ?? 0) + step)
  }
  return { indices, ...readRecords(reader, new DictionaryReader(), count) }
}

function readOutcomes(reader: ByteReader, dictionary: DictionaryReader): CommandOutcome[] {
  const count = reader.count(digestBytes + 4)
  const outcomes: CommandOutcome[] = []
  for (let index = 0; index < count; index++) {
    const key = reader.text()
    const inputDigest = toHex(reader.bytes(digestBytes))
    const flags = reader.byte()
    if (flags > (acceptedFlag | resentFlag)) throw reader.malformed(`outcome flags ${flags}`)
    const command = dictionary.read(reader)
    const result = parseJson(reader.text())
    if (result === null || typeof result !== 'object' || Array.isArray(result)) {
      throw reader.malformed('the result of an outcome is not an object')
    }
    outcomes.push({
      key,
      inputDigest,
      accepted: (flags & acceptedFlag) !== 0,
      resent: (flags & resentFlag) !== 0,
      command,
      result: result as JsonObject,
    })
  }
  return outcomes
}

function bytesOfHex(text: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new CodecError('MALFORMED', `not a SHA-256 in hex: ${text.slice(0, 80)}`)
  return fromHex(text)
}
