// The header of a commit: what hash and signature cover, and all that a relay needs to know. Knows no section's inside.

import { type HybridTime, maximumCounter } from '../clock/hybrid-clock.ts'
import { isOrigin, type Origin } from '../clock/origin.ts'
import { readVector, sortedOrigins, writeVector } from '../clock/vector-codec.ts'
import { sequenceOf, type VersionVector } from '../clock/version-vector.ts'
import { type ByteReader, ByteWriter, CodecError } from './bytes.ts'
import type { CommitCrypto, PlacementClass } from './commit.ts'
import { isPlacementClass } from './placement.ts'

/** The byte layout. A test pins the bytes of a fixed commit, so a change of layout must raise this. */
export const codecVersion = 1

/**
 * The rules by which commits written here are judged, in every region and for ever (C7). 2: changes of texts. 3: devices'
 * units. 4: changes of facts in their short form. 5: lost claims, claims of emails. 6: facts of leases. 7: retires, fences and
 * rows that are taken over. 8: leases and keyed outcomes that are taken over. 9: which of several answers to one
 * return counts, announced returns, and lists that two regions took in part. 10: what claims with other SKUs under one line's id
 * leave of a request to keep units. 11: retires that operators have ordered.
 */
export const ruleVersion = 11

export const hashBytes = 32

export interface SectionEntry {
  readonly placement: PlacementClass
  /** SHA-256 of the section: salt and payload. */
  readonly hash: Uint8Array
  /** Of salt and payload, in bytes. */
  readonly length: number
}

export interface CommitHeader {
  readonly ruleVersion: number
  readonly origin: Origin
  readonly firstSequence: number
  readonly lastSequence: number
  readonly time: HybridTime
  readonly clock: VersionVector
  /** Pins the hash of every chain head that the clock names (C6); see `pinClock`. */
  readonly clockPin: Uint8Array
  readonly previousHash: Uint8Array
  /** `everywhere` first, then home classes in order. */
  readonly sections: readonly SectionEntry[]
}

export function writeHeader(header: CommitHeader): Uint8Array {
  const writer = new ByteWriter(512)
  writer.byte(codecVersion)
  writer.varint(header.ruleVersion)
  writer.text(header.origin)
  writer.varint(header.firstSequence)
  writer.varint(header.lastSequence - header.firstSequence + 1)
  writer.varint(header.time.wallMs)
  writer.varint(header.time.counter)
  writeVector(writer, header.clock)
  writer.bytes(header.clockPin)
  writer.bytes(header.previousHash)
  writer.varint(header.sections.length)
  for (const section of header.sections) {
    writer.text(section.placement)
    writer.bytes(section.hash)
    writer.varint(section.length)
  }
  return writer.view()
}

export function readHeader(reader: ByteReader): CommitHeader {
  const version = reader.byte()
  if (version !== codecVersion) {
    throw new CodecError('UNKNOWN_VERSION', `commit layout ${version}; this node reads ${codecVersion}`)
  }
  const rules = reader.varint()
  const origin = reader.text()
  if (!isOrigin(origin)) throw reader.malformed(`not an origin: ${origin}`)
  const firstSequence = reader.varint()
  const count = reader.varint()
  const lastSequence = firstSequence + count - 1
  if (firstSequence < 1 || count < 1 || !Number.isSafeInteger(lastSequence)) {
    throw reader.malformed(`${count} events from sequence ${firstSequence}`)
  }
  const time = { wallMs: reader.varint(), counter: reader.varint() }
  if (time.counter > maximumCounter) throw reader.malformed(`hybrid time counter ${time.counter}`)
  return {
    ruleVersion: rules,
    origin,
    firstSequence,
    lastSequence,
    time,
    clock: readVector(reader),
    clockPin: reader.bytes(hashBytes),
    previousHash: reader.bytes(hashBytes),
    sections: readSectionEntries(reader),
  }
}

/** Throws CodecError where the text is no placement class. */
export function readPlacement(reader: ByteReader): PlacementClass {
  const placement = reader.text()
  if (!isPlacementClass(placement)) throw reader.malformed(`not a placement class: ${placement}`)
  return placement
}

function readSectionEntries(reader: ByteReader): SectionEntry[] {
  const count = reader.count(hashBytes + 2)
  const sections: SectionEntry[] = []
  let previous = ''
  for (let index = 0; index < count; index++) {
    const placement = readPlacement(reader)
    if (placement <= previous) throw reader.malformed(`sections out of order: ${placement} after ${previous}`)
    sections.push({ placement, hash: reader.bytes(hashBytes), length: reader.varint() })
    previous = placement
  }
  // `everywhere` sorts before every `home:`, so the order puts it first.
  if (sections[0]?.placement !== 'everywhere') throw reader.malformed('no section for everywhere')
  return sections
}

/**
 * SHA-256 over (origin, sequence, hash) of every chain head in `clock`, by origin. Whoever holds those commits can
 * compute it, and so see that the writer had applied these very commits and no other version of them.
 */
export function pinClock(
  clock: VersionVector,
  hashOf: (origin: Origin) => Uint8Array | undefined,
  crypto: Pick<CommitCrypto, 'sha256'>,
): Uint8Array {
  const writer = new ByteWriter(256)
  for (const origin of sortedOrigins(clock)) {
    const hash = hashOf(origin)
    if (hash?.length !== hashBytes) throw new CodecError('MALFORMED', `no hash for ${origin}, which the clock names`)
    writer.text(origin)
    writer.varint(sequenceOf(clock, origin))
    writer.bytes(hash)
  }
  return crypto.sha256(writer.view())
}
