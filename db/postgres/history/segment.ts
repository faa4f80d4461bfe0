// One segment of the archive as bytes: a line of JSON with what the log's columns held, then the commits' own bytes, all
// of it compressed as one. Knows no table.

import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'
import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { Origin } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { SpoiledSegment, type StoredCommit, StoreError } from '../../store.ts'

const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)

/** Measured on commits of stock movements: a third smaller than deflate at the same time taken. */
const quality = 5

/** A change of the layout raises it; segments of every version that was ever written can be read. */
const layoutVersion = 1
const newline = 0x0a

type Entry = readonly [
  origin: Origin,
  firstSequence: number,
  lastSequence: number,
  time: readonly [number, number],
  hash: string,
  previousHash: string,
  clock: VersionVector,
  length: number,
]

interface Directory {
  readonly version: number
  readonly firstPosition: number
  readonly commits: readonly Entry[]
}

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

/** `commits` stand at consecutive positions, at least one. */
export async function encodeSegment(commits: readonly StoredCommit[]): Promise<Uint8Array> {
  const entries = commits.map(({ commit }): Entry => {
    const { origin, firstSequence, lastSequence, time, hash, previousHash, clock, bytes } = commit
    const at = [time.wallMs, time.counter] as const
    return [origin, firstSequence, lastSequence, at, toHex(hash), toHex(previousHash), clock, bytes.length]
  })
  const directory: Directory = {
    version: layoutVersion,
    firstPosition: commits[0]?.position ?? 0,
    commits: entries,
  }
  const head = Buffer.from(`${JSON.stringify(directory)}\n`)
  const whole = Buffer.concat([head, ...commits.map(({ commit }) => commit.bytes)])
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_SIZE_HINT]: whole.length,
  }
  return new Uint8Array(await compress(whole, { params }))
}

/** In the order of their positions. `touched` is no longer known, and nobody's cache reaches back this far. */
export async function decodeSegment(body: Uint8Array): Promise<readonly StoredCommit[]> {
  const whole = await decompress(body)
  const end = whole.indexOf(newline)
  const directory = JSON.parse(whole.subarray(0, end).toString()) as Directory
  if (directory.version !== layoutVersion) {
    const message = `an archived segment has layout ${directory.version}; this program reads ${layoutVersion}`
    throw new StoreError('SCHEMA_VERSION', message, { retry: false })
  }
  let place = end + 1
  return directory.commits.map((entry, index) => {
    const [origin, firstSequence, lastSequence, [wallMs, counter], hash, previousHash, clock, length] = entry
    const bytes = new Uint8Array(whole.subarray(place, place + length))
    place += length
    const time: HybridTime = { wallMs, counter }
    const hashes = { hash: fromHex(hash), previousHash: fromHex(previousHash) }
    const commit = { origin, firstSequence, lastSequence, clock, time, ...hashes, bytes }
    return { position: directory.firstPosition + index, commit, touched: [] }
  })
}

export interface SegmentRow {
  readonly first_position: number
  readonly last_position: number
  readonly body: Uint8Array
}

/** All commits of a segment that its row tells of; throws SpoiledSegment where they are not there, or not readable. */
export async function decodeRow({ first_position, last_position, body }: SegmentRow): Promise<readonly StoredCommit[]> {
  let commits: readonly StoredCommit[]
  try {
    commits = await decodeSegment(body)
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw new SpoiledSegment(first_position, last_position, error)
  }
  const isWhole = commits[0]?.position === first_position && commits.at(-1)?.position === last_position
  if (!isWhole) throw new SpoiledSegment(first_position, last_position)
  return commits
}
