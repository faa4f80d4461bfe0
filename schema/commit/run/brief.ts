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
// A run of close form says the same in fewer bytes (close-step.ts).
//
// Knows no link, no compression and no batch.

import type { Origin } from '../../clock/origin.ts'
import { sequenceOf } from '../../clock/version-vector.ts'
import { ByteReader, type ByteWriter, CodecError, equalBytes } from '../bytes.ts'
import { type Envelope, joinEnvelope, maximumCommitBytes, readEnvelope } from '../codec.ts'
import { writeHeader } from '../header.ts'
import { complete, readCloseStep, writeCloseStep } from './close-step.ts'
import { baseClock, type HashOf, type Last, readStep, type Sha256, type Step, writeStep } from './step.ts'

/** In larger ones what could be left out is nothing beside the rest. */
const largestBriefBytes = 64 * 1024

/** `bare`: close, without what a reader mostly knows; what it does not know, it cannot put back. */
export type RunForm = 'open' | 'close' | 'bare'

const knowsNothing: HashOf = () => undefined

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
    this.#remember(header, this.#sha256(headerBytes))
  }

  /** A commit that could not be put back: all is known of it but its hash. */
  missed(header: Omit<Last, 'hash'>): void {
    this.#remember(header, null)
  }

  #remember(header: Omit<Last, 'hash'>, hash: Uint8Array | null): void {
    const { ruleVersion, origin, lastSequence, time, clock } = header
    const last = { ruleVersion, origin, lastSequence, time, clock, hash }
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
  readonly #form: RunForm

  constructor(sha256: Sha256, form: RunForm = 'open') {
    this.#run = new Run(sha256)
    this.#form = form
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
      if (this.#form === 'open') writeStep(writer, envelope, last)
      else writeCloseStep(writer, envelope, last, this.#form === 'bare')
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
  readonly #form: RunForm
  readonly #hashOf: HashOf

  constructor(sha256: Sha256, form: RunForm = 'open', hashOf: HashOf = knowsNothing) {
    this.#run = new Run(sha256)
    this.#sha256 = sha256
    this.#form = form
    this.#hashOf = hashOf
  }

  /** A copy: it does not keep the run in memory. Null where a bare commit cannot be put back. */
  read(reader: ByteReader): Uint8Array | null {
    const number = reader.varint()
    if (number === 0) {
      const commit = reader.bytes(reader.varint()).slice()
      const envelope = tryReading(commit)
      if (envelope !== null) this.#run.took(envelope)
      return commit
    }
    const last = this.#run.last(number)
    if (last === undefined) throw reader.malformed(`a commit of origin ${number}, which the run has not named`)
    const step = this.#readStep(reader, last)
    if (step === null) return null
    const { header, signature, sections } = step
    const headerBytes = writeHeader(header).slice()
    this.#run.took({ header, headerBytes })
    return joinEnvelope(headerBytes, signature, sections)
  }

  #readStep(reader: ByteReader, last: Last): Step | null {
    if (this.#form === 'open') return readStep(reader, last, last.hash ?? new Uint8Array(), this.#sha256)
    const close = readCloseStep(reader, last, this.#sha256, this.#form === 'bare')
    const step = complete(close, last, this.#hashOf, this.#sha256)
    if (step === null) this.#run.missed(close.header)
    return step
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

function follows({ header, headerBytes }: Envelope, last: Last): boolean {
  return (
    header.ruleVersion === last.ruleVersion &&
    header.firstSequence === last.lastSequence + 1 &&
    last.hash !== null &&
    equalBytes(header.previousHash, last.hash) &&
    Object.keys(baseClock(last)).every((origin) => sequenceOf(header.clock, origin) > 0) &&
    equalBytes(writeHeader(header), headerBytes)
  )
}

/** Commits of a run that begins with them. */
export function readRun(bytes: Uint8Array, reader: BriefReader, maximumBytes: number): readonly Uint8Array[] {
  const source = new ByteReader(bytes)
  const commits: Uint8Array[] = []
  let total = 0
  while (source.remaining > 0) {
    const commit = reader.read(source)
    if (commit === null) continue
    total += commit.length
    if (total > maximumBytes || commit.length > maximumCommitBytes) {
      throw new CodecError('TOO_LARGE', `a run of commits of more than ${maximumBytes} bytes`)
    }
    commits.push(commit)
  }
  return commits
}
