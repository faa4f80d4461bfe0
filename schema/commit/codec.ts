// The one byte layout of a commit, stored and sent (W6): header, signature, then the sections, each of which may be
// absent (C12). Hash, chain and signature cover the header, and the header holds every section's salted hash, so what
// is absent is still accounted for. Knows no storage, no peer, and not whether a commit follows from its chain.
//
//   header      see header.ts
//   signature   64 bytes, Ed25519 over the header
//   sections    one presence byte per section of the header (0 or 1), then those present: salt (16 bytes), payload

import type { Origin } from '../clock/origin.ts'
import { counted } from '../counted.ts'
import type { JsonObject } from '../json.ts'
import { remembered } from '../remembered.ts'
import { ByteReader, ByteWriter, CodecError, equalBytes } from './bytes.ts'
import type { Commit, CommitCrypto, CommitEvent, DocumentChange, PlacementClass, SealedCommit } from './commit.ts'
import { type CommitHeader, hashBytes, pinClock, readHeader, ruleVersion, writeHeader } from './header.ts'
import { LazyEvent } from './lazy-event.ts'
import type { PlacedChange, RecordData } from './records.ts'
import {
  countEvents,
  type EverywhereSection,
  placementsOf,
  readEverywhere,
  readHome,
  writeSection,
} from './sections.ts'

export const signatureBytes = 64
const saltBytes = 16
const noSalt = new Uint8Array(saltBytes)

/** A larger commit is neither made nor read. A group committer ends its flush long before. */
export const maximumCommitBytes = 64 * 1024 * 1024

/** The parts of a commit's bytes. `sections` stands as in the header; null for an absent one. */
export interface Envelope {
  readonly header: CommitHeader
  readonly headerBytes: Uint8Array
  readonly signature: Uint8Array
  readonly sections: readonly (Uint8Array | null)[]
}

/**
 * Encodes, hashes and signs. `chainHashes` holds the last applied hash of every origin that the clock names; the
 * origin's own is `previousHash` (32 zero bytes before the first commit).
 */
export function sealCommit(
  commit: Commit,
  previousHash: Uint8Array,
  chainHashes: Readonly<Record<Origin, Uint8Array>>,
  crypto: CommitCrypto,
): SealedCommit {
  if (commit.events.length === 0 || commit.lastSequence - commit.firstSequence + 1 !== commit.events.length) {
    throw new CodecError(
      'MALFORMED',
      `sequences ${commit.firstSequence}..${commit.lastSequence} for ${counted(commit.events.length, 'event')}`,
    )
  }
  if (previousHash.length !== hashBytes) throw new CodecError('MALFORMED', 'the previous hash is not 32 bytes')
  const { origin, firstSequence, lastSequence, clock, time } = commit
  const placements = placementsOf(commit)
  const sections = placements.map((placement) => {
    // What goes everywhere is never kept from anybody, so there is nothing to guess from its hash, and no salt to carry.
    const salt = placement === 'everywhere' ? noSalt : crypto.salt()
    return saltSection(writeSection(commit, placement, placements), salt)
  })
  const hashOf = (named: Origin) => (named === origin ? previousHash : chainHashes[named])
  const headerBytes = writeHeader({
    ruleVersion,
    origin,
    firstSequence,
    lastSequence,
    time,
    clock,
    clockPin: pinClock(clock, hashOf, crypto),
    previousHash,
    sections: placements.map((placement, index) => {
      const section = sections[index] ?? new Uint8Array()
      return { placement, hash: crypto.sha256(section), length: section.length }
    }),
  })
  const signature = crypto.sign(headerBytes)
  if (signature.length !== signatureBytes) throw new CodecError('MALFORMED', 'the signature is not 64 bytes')
  const bytes = joinEnvelope(headerBytes, signature, sections)
  return { origin, firstSequence, lastSequence, clock, time, hash: crypto.sha256(headerBytes), previousHash, bytes }
}

/** Reads the header alone. Throws CodecError; trust it only after `verifyCommit`. */
export function openCommit(bytes: Uint8Array, crypto: Pick<CommitCrypto, 'sha256'>): SealedCommit {
  const { header, headerBytes } = readEnvelope(bytes)
  const { origin, firstSequence, lastSequence, clock, time, previousHash } = header
  return { origin, firstSequence, lastSequence, clock, time, hash: crypto.sha256(headerBytes), previousHash, bytes }
}

/** The whole header of a sealed commit: its rule version and pin, too. */
export function headerOf(sealed: SealedCommit): CommitHeader {
  return readEnvelope(sealed.bytes).header
}

/**
 * Decodes every section that is present. Events of an absent one keep type, id and placement and have no data (`{}`);
 * its documents are left out. An event's data is parsed when first touched, and may throw CodecError then. Changes'
 * bytes are views of the commit's.
 */
export function readCommit(sealed: SealedCommit): Commit {
  const { header, sections } = readEnvelope(sealed.bytes)
  const placements = header.sections.map((section) => section.placement)
  const everywhere = readEverywhere(payloadOf(sections[0]), placements)
  const count = header.lastSequence - header.firstSequence + 1
  if (everywhere.types.length !== count) {
    throw new CodecError('MALFORMED', `${counted(everywhere.types.length, 'event')} where the header says ${count}`)
  }
  const homes = new Map<PlacementClass, Home>()
  const changes = everywhere.changes.map((placed) => placeChange(placed, 'everywhere'))
  for (let index = 1; index < placements.length; index++) {
    const placement = placements[index]
    const section = sections[index]
    if (placement === undefined || section === null || section === undefined) continue
    const home = readHome(payloadOf(section))
    homes.set(placement, { data: home.data, indices: home.indices, next: 0 })
    for (const placed of home.changes) changes.push(placeChange(placed, placement))
  }
  // Changes of one section stand in the order of their events; the commit's own order is restored.
  changes.sort((left, right) => left.index - right.index)
  return {
    origin: header.origin,
    firstSequence: header.firstSequence,
    lastSequence: header.lastSequence,
    clock: header.clock,
    time: header.time,
    events: readEvents(everywhere, homes),
    documents: changes.map((placed) => placed.change),
    stock: everywhere.stock,
    outcomes: everywhere.outcomes,
  }
}

interface Home {
  readonly data: RecordData
  readonly indices: readonly number[]
  next: number
}

function readEvents(everywhere: EverywhereSection, homes: ReadonlyMap<PlacementClass, Home>): CommitEvent[] {
  let record = 0
  const events = everywhere.types.map((type, index) => {
    const entityId = everywhere.entityIds[index] ?? ''
    const placement = everywhere.placements[index] ?? 'everywhere'
    if (placement === 'everywhere') return new LazyEvent(type, entityId, placement, everywhere.data, record++)
    const home = homes.get(placement)
    if (home === undefined) return { type, entityId, placement, data: noData }
    if (home.indices[home.next] !== index) throw new CodecError('MALFORMED', `event ${index} lacks its data`)
    return new LazyEvent(type, entityId, placement, home.data, home.next++)
  })
  for (const [placement, home] of homes) {
    if (home.next !== home.indices.length) {
      throw new CodecError('MALFORMED', `the section ${placement} holds data of events that lie elsewhere`)
    }
  }
  return events
}

const noData: JsonObject = Object.freeze({})

function placeChange(
  { index, change }: PlacedChange,
  placement: PlacementClass,
): { readonly index: number; readonly change: DocumentChange } {
  return { index, change: { kind: change.kind, id: change.id, placement, bytes: change.bytes } }
}

/** The classes whose sections are not here. */
export function missingPlacements(sealed: SealedCommit): PlacementClass[] {
  const { header, sections } = readEnvelope(sealed.bytes)
  return header.sections.filter((_, index) => sections[index] === null).map((section) => section.placement)
}

/** The commit without the sections that a peer may not hold; `everywhere` always stays. Same hash, same signature. */
export function withoutSections(bytes: Uint8Array, mayHold: (placement: PlacementClass) => boolean): Uint8Array {
  const { header, headerBytes, signature, sections } = readEnvelope(bytes)
  const kept = sections.map((section, index) => {
    const placement = header.sections[index]?.placement ?? 'everywhere'
    return placement === 'everywhere' || mayHold(placement) ? section : null
  })
  const nothingLeft = kept.every((section, index) => section === sections[index])
  return nothingLeft ? bytes : joinEnvelope(headerBytes, signature, kept)
}

export type Verification = { readonly ok: true } | { readonly ok: false; readonly rule: 'C6'; readonly reason: string }

/** Signature, hashes of the sections that are present, number of events. */
export function verifyCommit(sealed: SealedCommit, crypto: CommitCrypto): Verification {
  const name = `commit ${sealed.origin}:${sealed.firstSequence}..${sealed.lastSequence}`
  try {
    const flaw = findFlaw(sealed, crypto)
    return flaw === undefined ? { ok: true } : { ok: false, rule: 'C6', reason: `${name} ${flaw}` }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    return { ok: false, rule: 'C6', reason: `${name} cannot be read: ${error.message}` }
  }
}

function findFlaw(sealed: SealedCommit, crypto: CommitCrypto): string | undefined {
  const { header, headerBytes, signature, sections } = readEnvelope(sealed.bytes)
  if (!equalBytes(crypto.sha256(headerBytes), sealed.hash)) return 'has another hash than it is known by'
  if (!crypto.verify(header.origin, headerBytes, signature)) return `is not signed by ${header.origin}`
  for (const [index, entry] of header.sections.entries()) {
    const section = sections[index]
    if (section === null || section === undefined) continue
    if (!equalBytes(crypto.sha256(section), entry.hash)) return `has another section ${entry.placement} than was signed`
  }
  const events = countEvents(payloadOf(sections[0]))
  return events === header.lastSequence - header.firstSequence + 1 ? undefined : `holds ${counted(events, 'event')}`
}

function saltSection(payload: Uint8Array, salt: Uint8Array): Uint8Array {
  if (salt.length !== saltBytes) throw new CodecError('MALFORMED', 'the salt is not 16 bytes')
  const section = new Uint8Array(saltBytes + payload.length)
  section.set(salt)
  section.set(payload, saltBytes)
  return section
}

function payloadOf(section: Uint8Array | null | undefined): Uint8Array {
  if (section === null || section === undefined)
    throw new CodecError('MALFORMED', 'the section for everywhere is absent')
  return section.subarray(saltBytes)
}

/** Throws CodecError past the largest commit. */
export function joinEnvelope(
  header: Uint8Array,
  signature: Uint8Array,
  sections: readonly (Uint8Array | null)[],
): Uint8Array {
  let length = header.length + signature.length + sections.length
  for (const section of sections) length += section?.length ?? 0
  if (length > maximumCommitBytes) throw new CodecError('TOO_LARGE', `a commit of ${length} bytes`)
  const writer = new ByteWriter(length)
  writer.bytes(header)
  writer.bytes(signature)
  for (const section of sections) writer.byte(section === null ? 0 : 1)
  for (const section of sections) if (section !== null) writer.bytes(section)
  return writer.view()
}

/** Views of the given bytes. Throws CodecError where they are no commit. */
export const readEnvelope = remembered(parseEnvelope)

function parseEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length > maximumCommitBytes) throw new CodecError('TOO_LARGE', `a commit of ${bytes.length} bytes`)
  const reader = new ByteReader(bytes)
  const header = readHeader(reader)
  const headerBytes = bytes.subarray(0, reader.offset)
  const signature = reader.bytes(signatureBytes)
  const presence = reader.bytes(header.sections.length)
  const sections = header.sections.map((entry, index) => {
    if (entry.length < saltBytes) throw reader.malformed(`a section of ${entry.length} bytes`)
    if (presence[index] === 0) return null
    if (presence[index] !== 1) throw reader.malformed(`presence ${presence[index]} of the section ${entry.placement}`)
    return reader.bytes(entry.length)
  })
  reader.end('the last section')
  return { header, headerBytes, signature, sections }
}
