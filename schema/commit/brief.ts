// A run of commits in fewer bytes, for a link. What the other side can work out is left out: the hash of the commit
// before, the hashes of the sections that travel along, and of sequence, clock and time all but the step. What comes
// back are the very bytes that were stored and signed (W6); a commit that does not follow from one before it in the
// run, and one whose bytes would come back otherwise, travels as it is.
//
//   commit     0, length, bytes
//           or n, and the commit follows the last one of the nth origin that the run has named:
//              events · step of wall time (signed) · counter · changes of the clock: count, then origin and sequence ·
//              pin · sections: count, then placement, length, presence, hash if absent, salt and payload if present ·
//              signature
//
// Knows no link, no compression and no batch.

import type { HybridTime } from '../clock/hybrid-clock.ts'
import { isOrigin, type Origin } from '../clock/origin.ts'
import { advance, sequenceOf, type VersionVector } from '../clock/version-vector.ts'
import { ByteReader, type ByteWriter, CodecError, equalBytes } from './bytes.ts'
import { type Envelope, joinEnvelope, maximumCommitBytes, readEnvelope, signatureBytes } from './codec.ts'
import type { CommitCrypto } from './commit.ts'
import { type CommitHeader, hashBytes, readPlacement, type SectionEntry, writeHeader } from './header.ts'

/** In larger ones what could be left out is nothing beside the rest. */
const largestBriefBytes = 64 * 1024

type Sha256 = CommitCrypto['sha256']

/** Of the last commit of an origin in the run: no views, which would keep its bytes in memory. */
interface Last extends Pick<CommitHeader, 'ruleVersion' | 'origin' | 'lastSequence' | 'time' | 'clock'> {
  readonly hash: Uint8Array
}

/** What writer and reader of one run both know; it grows in the same way on both sides. */
class Run {
  readonly #sha256: Sha256
  readonly #numbers = new Map<Origin, number>()
  readonly #lasts: Last[] = []

  constructor(sha256: Sha256) {
    this.#sha256 = sha256
  }

  numberOf(origin: Origin): number | undefined {
    return this.#numbers.get(origin)
  }

  last(number: number): Last | undefined {
    return this.#lasts[number - 1]
  }

  took({ header, headerBytes }: Pick<Envelope, 'header' | 'headerBytes'>): void {
    const { ruleVersion, origin, lastSequence, time, clock } = header
    const last = { ruleVersion, origin, lastSequence, time, clock, hash: this.#sha256(headerBytes) }
    const number = this.#numbers.get(origin)
    if (number !== undefined) {
      this.#lasts[number - 1] = last
      return
    }
    this.#lasts.push(last)
    this.#numbers.set(origin, this.#lasts.length)
  }
}

/** Puts commits into one run, in order. */
export class BriefWriter {
  readonly #run: Run

  constructor(sha256: Sha256) {
    this.#run = new Run(sha256)
  }

  write(writer: ByteWriter, commit: Uint8Array): void {
    const envelope = tryReading(commit)
    const number = envelope === null ? undefined : this.#run.numberOf(envelope.header.origin)
    const last = number === undefined ? undefined : this.#run.last(number)
    if (
      envelope !== null &&
      number !== undefined &&
      last !== undefined &&
      commit.length <= largestBriefBytes &&
      follows(envelope, last)
    ) {
      writer.varint(number)
      writeStep(writer, envelope, last)
    } else {
      writer.varint(0)
      writer.varint(commit.length)
      writer.bytes(commit)
    }
    if (envelope !== null) this.#run.took(envelope)
  }
}

/** Takes commits out of a run, in the order in which they were put in. Throws CodecError on what is no run. */
export class BriefReader {
  readonly #run: Run
  readonly #sha256: Sha256

  constructor(sha256: Sha256) {
    this.#run = new Run(sha256)
    this.#sha256 = sha256
  }

  /** A copy: it does not keep the run in memory. */
  read(reader: ByteReader): Uint8Array {
    const number = reader.varint()
    if (number === 0) {
      const commit = reader.bytes(reader.varint()).slice()
      const envelope = tryReading(commit)
      if (envelope !== null) this.#run.took(envelope)
      return commit
    }
    const last = this.#run.last(number)
    if (last === undefined) throw reader.malformed(`a commit of origin ${number}, which the run has not named`)
    const { header, signature, sections } = readStep(reader, last, this.#sha256)
    const headerBytes = writeHeader(header).slice()
    this.#run.took({ header, headerBytes })
    return joinEnvelope(headerBytes, signature, sections)
  }
}

/** Null for what this code cannot read, such as the layout of a newer node: it is carried all the same. */
function tryReading(commit: Uint8Array): Envelope | null {
  try {
    return readEnvelope(commit)
  } catch (error) {
    if (error instanceof CodecError) return null
    throw error
  }
}

/** What the clock is when only the origin itself has moved on. */
function baseClock(last: Last): VersionVector {
  return advance(last.clock, last.origin, last.lastSequence)
}

function follows({ header, headerBytes }: Envelope, last: Last): boolean {
  return (
    header.ruleVersion === last.ruleVersion &&
    header.firstSequence === last.lastSequence + 1 &&
    equalBytes(header.previousHash, last.hash) &&
    Object.keys(baseClock(last)).every((origin) => sequenceOf(header.clock, origin) > 0) &&
    equalBytes(writeHeader(header), headerBytes)
  )
}

function writeStep(writer: ByteWriter, { header, signature, sections }: Envelope, last: Last): void {
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

function readStep(reader: ByteReader, last: Last, sha256: Sha256): Omit<Envelope, 'headerBytes'> {
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
    previousHash: last.hash,
    sections: entries,
  }
  return { header, signature: reader.bytes(signatureBytes), sections }
}

/** Commits of a run that begins with them. */
export function readRun(bytes: Uint8Array, reader: BriefReader, maximumBytes: number): readonly Uint8Array[] {
  const source = new ByteReader(bytes)
  const commits: Uint8Array[] = []
  let total = 0
  while (source.remaining > 0) {
    const commit = reader.read(source)
    total += commit.length
    if (total > maximumBytes || commit.length > maximumCommitBytes) {
      throw new CodecError('TOO_LARGE', `a run of commits of more than ${maximumBytes} bytes`)
    }
    commits.push(commit)
  }
  return commits
}
