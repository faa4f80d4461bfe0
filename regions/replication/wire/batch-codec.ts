// Commits of a batch as bytes: one flag byte, then a run of commits (schema/commit/run/brief.ts).
//
// - A small batch goes on with the run of its stream, so that even a single commit leaves out what the one before it has
//   told; the connection's own compression, which remembers earlier messages, does the rest.
// - A large one begins a run of its own and is compressed here, once for all peers that get the same commits.

import { promisify } from 'node:util'
import { deflateRaw, deflateRawSync, inflateRaw, inflateRawSync } from 'node:zlib'
import { ByteWriter } from '@causeway/schema/commit/bytes'
import { maximumCommitBytes } from '@causeway/schema/commit/codec'
import { BriefReader, BriefWriter, type RunForm, readRun } from '@causeway/schema/commit/run/brief'
import type { HashOf } from '@causeway/schema/commit/run/step'
import { sha256 } from '../../crypto.ts'

const flags = Object.freeze({ continued: 0, alone: 1, deflated: 3, closelyContinued: 4, barelyContinued: 5 })
const flagOf: Readonly<Record<RunForm, number>> = {
  open: flags.continued,
  close: flags.closelyContinued,
  bare: flags.barelyContinued,
}
/** Above it the search for what repeats within the batch finds more than the memory of earlier ones would. */
const largestContinuedBytes = 8 * 1024
/** Up to it the work is done in place; a larger batch goes to the thread pool and leaves the event loop free. */
const largestSyncBytes = 32 * 1024
/** Results come in pieces of this size, each with a turn of the event loop: the usual 16 KB made a dozen of a batch. */
const chunkSize = 128 * 1024
/** What a batch may unpack to: a hostile peer must not exhaust memory. One commit may be larger than a batch's 256 KB. */
export const maximumBatchBytes = maximumCommitBytes + 1024 * 1024

const deflateLater = promisify(deflateRaw)
const inflateLater = promisify(inflateRaw)

/** True where the connection's compression could only lose time. */
export function isCompressed(packed: Uint8Array): boolean {
  return packed[0] === flags.deflated
}

/** The sending end of one stream. */
export class BatchPacker {
  readonly #run: BriefWriter
  readonly #flag: number

  /** Other forms are for peers that can read them; of a bare run they may lack something. */
  constructor(form: RunForm = 'open') {
    this.#run = new BriefWriter(sha256, form)
    this.#flag = flagOf[form]
  }

  async pack(commits: readonly Uint8Array[]): Promise<Uint8Array> {
    let bytes = 0
    for (const commit of commits) bytes += commit.length
    return bytes > largestContinuedBytes ? packOnce(commits) : flagged(this.#flag, runOf(commits, this.#run))
  }
}

/** The receiving end of one stream. */
export class BatchUnpacker {
  readonly #run = new BriefReader(sha256)
  readonly #closeRun = new BriefReader(sha256, 'close')
  readonly #bareRun: BriefReader

  constructor(hashOf?: HashOf) {
    this.#bareRun = new BriefReader(sha256, 'bare', hashOf)
  }

  /** Throws RangeError or CodecError on what no packer can have made. */
  async unpack(packed: Uint8Array): Promise<readonly Uint8Array[]> {
    const run = packed.subarray(1)
    switch (packed[0]) {
      case flags.continued:
        return readRun(run, this.#run, maximumBatchBytes)
      case flags.closelyContinued:
        return readRun(run, this.#closeRun, maximumBatchBytes)
      case flags.barelyContinued:
        return readRun(run, this.#bareRun, maximumBatchBytes)
      case flags.alone:
        return readRun(run, new BriefReader(sha256), maximumBatchBytes)
      case flags.deflated:
        return readRun(await inflate(run), new BriefReader(sha256), maximumBatchBytes)
      default:
        throw new RangeError(`a batch of commits begins with an unknown flag: ${packed[0]}`)
    }
  }
}

interface Packed {
  readonly commits: readonly Uint8Array[]
  readonly bytes: Promise<Uint8Array>
}

/** By a batch's first commit: peers that stand at the same place get the same bytes. */
const known = new WeakMap<Uint8Array, Packed>()

function packOnce(commits: readonly Uint8Array[]): Promise<Uint8Array> {
  const first = commits[0]
  const same = first && known.get(first)
  if (same?.commits.length === commits.length && commits.every((commit, index) => commit === same.commits[index])) {
    return same.bytes
  }
  const bytes = packAlone(commits)
  if (first !== undefined) known.set(first, { commits, bytes })
  return bytes
}

async function packAlone(commits: readonly Uint8Array[]): Promise<Uint8Array> {
  const run = runOf(commits, new BriefWriter(sha256))
  const options = { level: 1, chunkSize }
  const deflated = run.length <= largestSyncBytes ? deflateRawSync(run, options) : await deflateLater(run, options)
  return deflated.length < run.length ? flagged(flags.deflated, deflated) : flagged(flags.alone, run)
}

function runOf(commits: readonly Uint8Array[], run: BriefWriter): Uint8Array {
  const writer = new ByteWriter(1024)
  for (const commit of commits) run.write(writer, commit)
  return writer.view()
}

/** A plain Uint8Array, which JSON has no form of its own for (frame.ts). */
function flagged(flag: number, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + rest.length)
  bytes[0] = flag
  bytes.set(rest, 1)
  return bytes
}

async function inflate(packed: Uint8Array): Promise<Uint8Array> {
  const options = { maxOutputLength: maximumBatchBytes, chunkSize }
  try {
    return packed.length <= largestSyncBytes / 4 ? inflateRawSync(packed, options) : await inflateLater(packed, options)
  } catch (cause) {
    throw new RangeError('a batch of commits cannot be unpacked', { cause })
  }
}
