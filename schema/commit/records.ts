// The bulk of a section: the data of its events as JSON, each with the document change that realises it right behind,
// so that compression of a batch sees what the two repeat. Data is parsed when it is first touched: moving stock and
// relaying never need it. Knows no placement and no header.

import type { JsonObject } from '../json.ts'
import { ByteReader, type ByteWriter, CodecError, decodeText } from './bytes.ts'
import type { CommitEvent, DocumentChange } from './commit.ts'
import type { DictionaryReader, DictionaryWriter } from './dictionary.ts'

/** A document change and its place among all of the commit's. */
export interface PlacedChange {
  readonly index: number
  readonly change: Pick<DocumentChange, 'kind' | 'id' | 'bytes'>
}

/** Writes lengths and names to `frame`, contents to `body`. */
export function writeRecords(
  frame: ByteWriter,
  body: ByteWriter,
  dictionary: DictionaryWriter,
  events: readonly CommitEvent[],
  changes: readonly PlacedChange[],
): void {
  const attached = attach(events, changes)
  let next = 0
  let change = attached[next]
  for (let record = 0; record < events.length; record++) {
    frame.varint(body.rawText(JSON.stringify(events[record]?.data)))
    for (; change !== undefined && change.record === record; change = attached[++next]) body.bytes(change.change.bytes)
  }
  // A section of documents without events hangs them all on record 0.
  for (; change !== undefined; change = attached[++next]) body.bytes(change.change.bytes)

  frame.varint(attached.length)
  let previousRecord = 0
  let expectedIndex = 0
  for (const { record, index, change } of attached) {
    frame.varint(record - previousRecord)
    frame.signed(index - expectedIndex)
    dictionary.write(frame, change.kind)
    dictionary.write(frame, change.id)
    frame.varint(change.bytes.length)
    previousRecord = record
    expectedIndex = index + 1
  }
}

interface AttachedChange extends PlacedChange {
  readonly record: number
}

/** Each change goes behind the first event of its document, else behind the last event. */
function attach(events: readonly CommitEvent[], changes: readonly PlacedChange[]): AttachedChange[] {
  if (changes.length === 0) return []
  const recordOf = new Map<string, number>()
  events.forEach((event, record) => {
    if (!recordOf.has(event.entityId)) recordOf.set(event.entityId, record)
  })
  const last = Math.max(0, events.length - 1)
  return changes
    .map((placed) => ({ ...placed, record: recordOf.get(placed.change.id) ?? last }))
    .sort((left, right) => left.record - right.record || left.index - right.index)
}

/** The data of a section's events, by their number within the section. */
export class RecordData {
  readonly #body: Uint8Array
  readonly #starts: Uint32Array
  readonly #lengths: Uint32Array
  /** The whole body as text where it is nothing but ASCII JSON: one decoding for all. Null where it is not. */
  #text: string | null | undefined

  constructor(body: Uint8Array, starts: Uint32Array, lengths: Uint32Array, onlyData: boolean) {
    this.#body = body
    this.#starts = starts
    this.#lengths = lengths
    this.#text = onlyData ? undefined : null
  }

  /** Throws CodecError where it is not a JSON object. */
  parse(record: number): JsonObject {
    const data = parseJson(this.#read(record))
    if (data === null || typeof data !== 'object' || Array.isArray(data)) {
      throw new CodecError('MALFORMED', `the data of event ${record} is not an object`)
    }
    return data as JsonObject
  }

  #read(record: number): string {
    const start = this.#starts[record] ?? 0
    const end = start + (this.#lengths[record] ?? 0)
    if (this.#text === undefined) {
      const text = decodeText(this.#body)
      this.#text = text.length === this.#body.length ? text : null
    }
    return this.#text === null ? decodeText(this.#body.subarray(start, end)) : this.#text.slice(start, end)
  }
}

export interface ReadRecords {
  readonly data: RecordData
  readonly changes: readonly PlacedChange[]
}

/** Reads to the end of the section. */
export function readRecords(reader: ByteReader, dictionary: DictionaryReader, recordCount: number): ReadRecords {
  const lengths = new Uint32Array(recordCount)
  for (let record = 0; record < recordCount; record++) lengths[record] = readLength(reader)
  const entries = readChangeEntries(reader, dictionary, recordCount)
  const body = reader.bytes(reader.remaining)
  const contents = new ByteReader(body)

  const starts = new Uint32Array(recordCount)
  const changes: PlacedChange[] = []
  let next = 0
  for (let record = 0; record < Math.max(1, recordCount); record++) {
    starts[record] = contents.offset
    contents.bytes(lengths[record] ?? 0)
    for (let entry = entries[next]; entry?.record === record; entry = entries[++next]) {
      const { index, kind, id, length } = entry
      changes.push({ index, change: { kind, id, bytes: contents.bytes(length) } })
    }
  }
  contents.end('the last record of a section')
  return { data: new RecordData(body, starts, lengths, entries.length === 0), changes }
}

interface ChangeEntry {
  readonly record: number
  readonly index: number
  readonly kind: string
  readonly id: string
  readonly length: number
}

function readChangeEntries(reader: ByteReader, dictionary: DictionaryReader, recordCount: number): ChangeEntry[] {
  const entries: ChangeEntry[] = []
  const count = reader.count(5)
  let record = 0
  let expectedIndex = 0
  for (let entry = 0; entry < count; entry++) {
    record += reader.varint()
    if (record >= Math.max(1, recordCount)) throw reader.malformed(`a change behind event ${record} of ${recordCount}`)
    const index = expectedIndex + reader.signed()
    if (index < 0) throw reader.malformed(`a change at place ${index}`)
    expectedIndex = index + 1
    entries.push({
      record,
      index,
      kind: dictionary.read(reader),
      id: dictionary.read(reader),
      length: readLength(reader),
    })
  }
  return entries
}

/** A length of what follows later in this section. */
function readLength(reader: ByteReader): number {
  return reader.count()
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CodecError('MALFORMED', `not JSON: ${text.slice(0, 40)}`)
  }
}
