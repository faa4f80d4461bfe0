// The same in fewer bytes: what mostly is as it always is takes one byte, what cannot be compressed stands together, and ids
// in sections are packed. Knows no run.
//
//   shape: 1 other than one event · 2 a counter · 4 origins that the clock before does not name, or not so · 8 other sections than
//   `everywhere` alone, present · step of wall time (signed) · events, counter, where they are told · a bit for each of the first
//   31 origins of the clock before, by name, that went on; their steps · others: count, then origin and sequence · sections: of
//   `everywhere` alone its length and what it holds, packed (packed-ids.ts); else count, then placement, length, presence, hash if
//   absent, packed if present · pin · signature
//
// A bare step says of the pin its first two bytes alone. Who holds what the clock names works it out; who does not, or holds another
// commit in the place of one, cannot put the commit back.

import { isOrigin, type Origin } from '../../clock/origin.ts'
import { sortedOrigins } from '../../clock/vector-codec.ts'
import { sequenceOf, type VersionVector } from '../../clock/version-vector.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import { signatureBytes } from '../codec.ts'
import { type CommitHeader, hashBytes, pinClock, readPlacement, type SectionEntry } from '../header.ts'
import { readPacked, writePacked } from './packed-ids.ts'
import { baseClock, type HashOf, type Last, type Sha256, type Step } from './step.ts'

const shapes = Object.freeze({ events: 1, counter: 2, origins: 4, sections: 8 })
const mostInMask = 31
const barePinBytes = 2

/** How the clock went on from the one before. */
interface ClockStep {
  readonly mask: number
  readonly steps: readonly number[]
  readonly others: readonly Origin[]
}

export function writeCloseStep(writer: ByteWriter, step: Step, last: Last, isBare: boolean): void {
  const { header, signature, sections } = step
  const events = header.lastSequence - header.firstSequence + 1
  const { counter, wallMs } = header.time
  const { mask, steps, others } = clockStep(header.clock, baseClock(last))
  const [only, ...more] = sections
  const isPlain = only !== null && only !== undefined && more.length === 0
  writer.byte(
    (events === 1 ? 0 : shapes.events) |
      (counter === 0 ? 0 : shapes.counter) |
      (others.length === 0 ? 0 : shapes.origins) |
      (isPlain ? 0 : shapes.sections),
  )
  writer.signed(wallMs - last.time.wallMs)
  if (events !== 1) writer.varint(events)
  if (counter !== 0) writer.varint(counter)
  writer.varint(mask)
  for (const each of steps) writer.varint(each)
  if (others.length > 0) writer.varint(others.length)
  for (const origin of others) {
    writer.text(origin)
    writer.varint(sequenceOf(header.clock, origin))
  }
  if (isPlain) {
    writer.varint(only.length)
    writePacked(writer, only)
  } else writeSections(writer, step)
  writer.bytes(isBare ? header.clockPin.subarray(0, barePinBytes) : header.clockPin)
  writer.bytes(signature)
}

function clockStep(clock: VersionVector, base: VersionVector): ClockStep {
  const named = sortedOrigins(base)
  let mask = 0
  const steps: number[] = []
  const others = Object.keys(clock).filter((origin) => clock[origin] !== base[origin])
  for (const [place, origin] of named.slice(0, mostInMask).entries()) {
    const step = sequenceOf(clock, origin) - sequenceOf(base, origin)
    if (step <= 0) continue
    mask += 2 ** place
    steps.push(step)
    others.splice(others.indexOf(origin), 1)
  }
  return { mask, steps, others }
}

function writeSections(writer: ByteWriter, { header, sections }: Step): void {
  writer.varint(header.sections.length)
  for (const [index, entry] of header.sections.entries()) {
    const section = sections[index] ?? null
    writer.text(entry.placement)
    writer.varint(entry.length)
    writer.byte(section === null ? 0 : 1)
    if (section === null) writer.bytes(entry.hash)
    else writePacked(writer, section)
  }
}

/** What a step says of a commit, and what it leaves out. */
export interface CloseStep {
  readonly header: Omit<CommitHeader, 'clockPin' | 'previousHash'>
  readonly signature: Uint8Array
  readonly sections: Step['sections']
  /** The whole pin, or the beginning of it. */
  readonly pin: Uint8Array
}

export function readCloseStep(reader: ByteReader, last: Last, sha256: Sha256, isBare: boolean): CloseStep {
  const { origin, lastSequence, ruleVersion } = last
  const shape = reader.byte()
  const has = (what: keyof typeof shapes) => (shape & shapes[what]) !== 0
  const wallMs = last.time.wallMs + reader.signed()
  const events = has('events') ? reader.varint() : 1
  const counter = has('counter') ? reader.varint() : 0
  const clock = readClock(reader, baseClock(last), has('origins'))
  const read = has('sections') ? readSections(reader, sha256) : [readPlain(reader, sha256)]
  const header = {
    ruleVersion,
    origin,
    firstSequence: lastSequence + 1,
    lastSequence: lastSequence + events,
    time: { wallMs, counter },
    clock,
    sections: read.map(({ entry }) => entry),
  }
  const pin = reader.bytes(isBare ? barePinBytes : hashBytes)
  return { header, pin, signature: reader.bytes(signatureBytes), sections: read.map(({ section }) => section) }
}

/** The whole commit; null where what it stands on is not known, or is another one than its writer knew. */
export function complete(step: CloseStep, last: Last, hashOf: HashOf, sha256: Sha256): Step | null {
  const { header, signature, sections } = step
  const previousHash = last.hash ?? hashOf(last.origin, last.lastSequence)
  if (previousHash === undefined) return null
  const clockPin = step.pin.length === hashBytes ? step.pin : pinOf(step, previousHash, hashOf, sha256)
  return clockPin && { header: { ...header, clockPin, previousHash }, signature, sections }
}

function pinOf(
  { header, pin }: CloseStep,
  previousHash: Uint8Array,
  hashOf: HashOf,
  sha256: Sha256,
): Uint8Array | null {
  const hashes = new Map<Origin, Uint8Array>([[header.origin, previousHash]])
  for (const origin of Object.keys(header.clock)) {
    const hash = hashes.get(origin) ?? hashOf(origin, sequenceOf(header.clock, origin))
    if (hash === undefined) return null
    hashes.set(origin, hash)
  }
  const whole = pinClock(header.clock, (origin) => hashes.get(origin), { sha256 })
  return pin.every((byte, index) => byte === whole[index]) ? whole : null
}

function readClock(reader: ByteReader, base: VersionVector, hasOthers: boolean): VersionVector {
  const clock: Record<Origin, number> = { ...base }
  const named = sortedOrigins(base)
  const mask = reader.varint()
  if (mask >= 2 ** Math.min(named.length, mostInMask))
    throw reader.malformed(`a mask ${mask} of ${named.length} origins that a clock names`)
  for (const [place, origin] of named.slice(0, mostInMask).entries())
    if ((mask & (1 << place)) !== 0) clock[origin] = sequenceOf(base, origin) + reader.varint()
  for (let count = hasOthers ? reader.count(3) : 0; count > 0; count--) {
    const origin = reader.text()
    if (!isOrigin(origin)) throw reader.malformed(`not an origin: ${origin}`)
    clock[origin] = reader.varint()
  }
  return clock
}

interface ReadSection {
  readonly entry: SectionEntry
  readonly section: Uint8Array | null
}

function readPlain(reader: ByteReader, sha256: Sha256): ReadSection {
  const length = reader.varint()
  const section = readPacked(reader, length)
  return { entry: { placement: 'everywhere', length, hash: sha256(section) }, section }
}

function readSections(reader: ByteReader, sha256: Sha256): readonly ReadSection[] {
  const sections: ReadSection[] = []
  for (let count = reader.count(3); count > 0; count--) {
    const placement = readPlacement(reader)
    const length = reader.varint()
    const section = reader.byte() === 0 ? null : readPacked(reader, length)
    const hash = section === null ? reader.bytes(hashBytes) : sha256(section)
    sections.push({ entry: { placement, length, hash }, section })
  }
  return sections
}
