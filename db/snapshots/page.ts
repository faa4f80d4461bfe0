// One page of a snapshot as bytes: what its rows are, the rows as JSON, and behind it the bytes of documents as they
// are, all of it deflated as one. Knows no store.

import { createHash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { ByteReader, ByteWriter } from '@causeway/schema/commit/bytes'
import type { DocumentBytes, Head, StoredDocument } from '../store.ts'
import {
  maximumPages,
  pageBytes,
  type SnapshotDescription,
  type SnapshotDocument,
  type SnapshotHead,
  type SnapshotRequest,
  type SnapshotRows,
  snapshotLayout,
} from './snapshots.ts'

/** What a page may grow to when it is inflated: one document alone may be larger than a page should be. */
const maximumInflatedBytes = 256 * 1024 * 1024

/** Large pages are mostly bytes that are compressed already. */
const level = 3

const types = ['documents', 'stock', 'outcomes', 'conflicts'] as const

type PlainDocument = StoredDocument & Pick<DocumentBytes, 'marks'>

export function hashOfPage(page: Uint8Array): string {
  return createHash('sha256').update(page).digest('hex')
}

function writeDocument(writer: ByteWriter, { snapshot, changes, superseded, ...plain }: SnapshotDocument): void {
  writer.text(JSON.stringify(plain satisfies PlainDocument))
  for (const bytes of [snapshot, superseded]) {
    writer.byte(bytes === null ? 0 : 1)
    if (bytes !== null) writeBytes(writer, bytes)
  }
  writer.varint(changes.length)
  for (const change of changes) writeBytes(writer, change)
}

function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.varint(bytes.length)
  writer.bytes(bytes)
}

/** A copy: the page that it is read from goes. */
function readBytes(reader: ByteReader): Uint8Array {
  return reader.bytes(reader.varint()).slice()
}

function readOptional(reader: ByteReader): Uint8Array | null {
  return reader.byte() === 0 ? null : readBytes(reader)
}

function readDocument(reader: ByteReader): SnapshotDocument {
  const plain = JSON.parse(reader.text()) as PlainDocument
  const [snapshot, superseded] = [readOptional(reader), readOptional(reader)]
  const changes = Array.from({ length: reader.count() }, () => readBytes(reader))
  return { ...plain, snapshot, superseded, changes }
}

/** Throws CodecError, SyntaxError or an error of inflating on what is no page. */
export function readPage(page: Uint8Array): SnapshotRows {
  const reader = new ByteReader(inflateRawSync(page, { maxOutputLength: maximumInflatedBytes }))
  const type = types[reader.byte()]
  if (type === undefined) throw reader.malformed('rows of an unknown type')
  const count = reader.count()
  const rows =
    type === 'documents'
      ? { type, rows: Array.from({ length: count }, () => readDocument(reader)) }
      : { type, rows: Array.from({ length: count }, () => JSON.parse(reader.text())) }
  reader.end('a page')
  return rows
}

/** Packs rows into pages as they come, and says at the end what the whole is. */
export class PageMaker {
  readonly #hashes: string[] = []
  #bytes = 0
  #type: SnapshotRows['type'] | null = null
  #count = 0
  #writer = new ByteWriter(pageBytes)

  /** Pages that are full now. */
  add({ type, rows }: SnapshotRows): readonly Uint8Array[] {
    const full: Uint8Array[] = []
    if (this.#type !== type) full.push(...this.flush())
    this.#type = type
    for (const row of rows) {
      if (type === 'documents') writeDocument(this.#writer, row as SnapshotDocument)
      else this.#writer.text(JSON.stringify(row))
      this.#count += 1
      if (this.#writer.length < pageBytes) continue
      full.push(...this.flush())
      this.#type = type
    }
    return full
  }

  /** The last page, where anything is left. */
  flush(): readonly Uint8Array[] {
    const type = this.#type
    if (type === null || this.#count === 0) return []
    const head = new ByteWriter(16)
    head.byte(types.indexOf(type))
    head.varint(this.#count)
    const page = new Uint8Array(deflateRawSync(Buffer.concat([head.view(), this.#writer.view()]), { level }))
    if (this.#hashes.length === maximumPages) throw new RangeError(`a snapshot of more than ${maximumPages} pages`)
    this.#hashes.push(hashOfPage(page))
    this.#bytes += page.length
    this.#type = null
    this.#count = 0
    this.#writer = new ByteWriter(pageBytes)
    return [page]
  }

  describe(head: Head, { id, madeMs }: SnapshotRequest): SnapshotDescription {
    const { region } = head
    const pages = [...this.#hashes]
    return { layout: snapshotLayout, id, region, madeMs, head: headOf(head), pages, bytes: this.#bytes }
  }
}

function headOf({ frontier, time, memberClocks, chainHashes, significant, fences }: Head): SnapshotHead {
  const hashes = Object.entries(chainHashes).map(([origin, hash]) => [origin, Buffer.from(hash).toString('hex')])
  return { frontier, time, memberClocks, chainHashes: Object.fromEntries(hashes), significant, fences }
}
