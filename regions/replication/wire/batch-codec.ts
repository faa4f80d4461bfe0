// Commits of a batch as one run of bytes: a flag, then each commit behind its length, compressed together where that
// pays. Knows nothing of what a commit holds.

import { promisify } from 'node:util'
import { deflateRaw, deflateRawSync, inflateRaw, inflateRawSync } from 'node:zlib'
import { maximumCommitBytes } from '@causeway/schema/commit/codec'

const stored = 0
const deflated = 1
/** Below it the flag and the block headers of deflate cost more than they save. */
const smallestDeflatedBytes = 200
/** Up to it the work is done in place; a larger batch goes to the thread pool and leaves the event loop free. */
const largestSyncBytes = 32 * 1024
/** What a batch may unpack to: a hostile peer must not exhaust memory. One commit may be larger than a batch's 256 KB. */
export const maximumBatchBytes = maximumCommitBytes + 1024 * 1024

const deflateLater = promisify(deflateRaw)
const inflateLater = promisify(inflateRaw)

export async function encodeCommits(commits: readonly Uint8Array[]): Promise<Buffer> {
  const body = frame(commits)
  if (body.length < smallestDeflatedBytes) return Buffer.concat([Uint8Array.of(stored), body])
  const options = { level: 1 }
  const packed = body.length <= largestSyncBytes ? deflateRawSync(body, options) : await deflateLater(body, options)
  return packed.length < body.length
    ? Buffer.concat([Uint8Array.of(deflated), packed])
    : Buffer.concat([Uint8Array.of(stored), body])
}

/** Throws RangeError on what `encodeCommits` cannot have made. */
export async function decodeCommits(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
  const flag = bytes[0]
  if (flag === stored) return unframe(Buffer.from(bytes.buffer, bytes.byteOffset + 1, bytes.length - 1))
  if (flag !== deflated) throw new RangeError(`a batch of commits begins with an unknown flag: ${flag}`)
  return unframe(await inflate(bytes.subarray(1)))
}

async function inflate(packed: Uint8Array): Promise<Buffer> {
  const options = { maxOutputLength: maximumBatchBytes }
  try {
    return packed.length <= largestSyncBytes / 4 ? inflateRawSync(packed, options) : await inflateLater(packed, options)
  } catch (cause) {
    throw new RangeError('a batch of commits cannot be unpacked', { cause })
  }
}

function frame(commits: readonly Uint8Array[]): Buffer {
  const body = Buffer.allocUnsafe(commits.reduce((length, commit) => length + 4 + commit.length, 0))
  let at = 0
  for (const commit of commits) {
    at = body.writeUInt32BE(commit.length, at)
    body.set(commit, at)
    at += commit.length
  }
  return body
}

function unframe(body: Buffer): readonly Uint8Array[] {
  const commits: Uint8Array[] = []
  let at = 0
  while (at < body.length) {
    if (at + 4 > body.length) throw new RangeError('a batch of commits ends within a length')
    const length = body.readUInt32BE(at)
    at += 4
    if (at + length > body.length) throw new RangeError('a batch of commits ends within a commit')
    // A copy: a kept commit must not keep the whole batch in memory.
    commits.push(new Uint8Array(body.subarray(at, at + length)))
    at += length
  }
  return commits
}
