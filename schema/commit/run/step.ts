// What a commit says beyond the one before it of the same origin in a run, in the form that every peer can read. Knows no run.

import type { HybridTime } from '../../clock/hybrid-clock.ts'
import { isOrigin, type Origin } from '../../clock/origin.ts'
import { advance, sequenceOf, type VersionVector } from '../../clock/version-vector.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import { type Envelope, signatureBytes } from '../codec.ts'
import type { CommitCrypto } from '../commit.ts'
import { type CommitHeader, hashBytes, readPlacement, type SectionEntry } from '../header.ts'

export type Sha256 = CommitCrypto['sha256']

/** Of the last commit of an origin in the run: no views, which would keep its bytes in memory. */
export interface Last extends Pick<CommitHeader, 'ruleVersion' | 'origin' | 'lastSequence' | 'time' | 'clock'> {
  /** Null where the reader could not work it out. */
  readonly hash: Uint8Array | null
}

/** The hash of the commit of an origin that ends at a sequence, where it is known. */
export type HashOf = (origin: Origin, sequence: number) => Uint8Array | undefined

export type Step = Omit<Envelope, 'headerBytes'>

/** What the clock is when only the origin itself has moved on. */
export function baseClock(last: Last): VersionVector {
  return advance(last.clock, last.origin, last.lastSequence)
}

export function writeStep(writer: ByteWriter, { header, signature, sections }: Step, last: Last): void {
  writer.varint(header.lastSequence - header.firstSequence + 1)
  writer.signed(header.time.wallMs - last.time.wallMs)
  writer.varint(header.time.counter)
  const base = baseClock(last)
  const changed = Object.keys(header.clock).filter((origin) => header.clock[origin] !== base[origin])
  writer.varint(changed.length)
  for (const origin of changed) {
    writer.text(origin)
    writer.varint(sequenceOf(header.clock, origin))
  }
  writer.bytes(header.clockPin)
  writer.varint(header.sections.length)
  for (const [index, entry] of header.sections.entries()) {
    const section = sections[index] ?? null
    writer.text(entry.placement)
    writer.varint(entry.length)
    writer.byte(section === null ? 0 : 1)
    writer.bytes(section ?? entry.hash)
  }
  writer.bytes(signature)
}

export function readStep(reader: ByteReader, last: Last, previousHash: Uint8Array, sha256: Sha256): Step {
  const { origin, lastSequence, ruleVersion } = last
  const events = reader.varint()
  const time: HybridTime = { wallMs: last.time.wallMs + reader.signed(), counter: reader.varint() }
  const clock: Record<Origin, number> = { ...baseClock(last) }
  for (let count = reader.count(3); count > 0; count--) {
    const named = reader.text()
    if (!isOrigin(named)) throw reader.malformed(`not an origin: ${named}`)
    clock[named] = reader.varint()
  }
  const clockPin = reader.bytes(hashBytes)
  const entries: SectionEntry[] = []
  const sections: (Uint8Array | null)[] = []
  for (let count = reader.count(3); count > 0; count--) {
    const placement = readPlacement(reader)
    const length = reader.varint()
    const section = reader.byte() === 0 ? null : reader.bytes(length)
    entries.push({ placement, length, hash: section === null ? reader.bytes(hashBytes) : sha256(section) })
    sections.push(section)
  }
  const header: CommitHeader = {
    ruleVersion,
    origin,
    firstSequence: lastSequence + 1,
    lastSequence: lastSequence + events,
    time,
    clock,
    clockPin,
    previousHash,
    sections: entries,
  }
  return { header, signature: reader.bytes(signatureBytes), sections }
}
