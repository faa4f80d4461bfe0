// What travels between regions, checked where it comes in, on both sides of a link. Knows no socket.

import { formatTime, parseTime } from '@causeway/schema/clock/hybrid-clock'
import { isOrigin, isRegionId, type Origin, type RegionId } from '@causeway/schema/clock/origin'
import { maximumOrigins } from '@causeway/schema/clock/vector-codec'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { maximumKeys, type RegionKeys } from '../../keyring.ts'
import {
  type CommitBatch,
  type CommitRange,
  type DigestAnswer,
  type DigestRequest,
  digestTables,
  type Line,
  type PeerHello,
  type RightsReply,
  type RightsRequest,
  type Standing,
} from '../peer.ts'
import { isSparing, tellsOperatorKeys } from '../versions.ts'
import { BatchPacker, type BatchUnpacker } from './batch-codec.ts'

/** A batch as the schema's type `CommitBatch` gives it. */
export interface WireBatch {
  readonly commits: Uint8Array
  readonly events: number
  readonly behind: number
  readonly frontier: VersionVector | null
  readonly time: string | null
  readonly asks: boolean
}

/** Beside commits the frontier is told as often as heartbeats do: the commits tell their writer's own part of it. */
const standingEveryMs = 1_000
const untold = { behind: 0, frontier: null, time: null }

/** Items of one request for rights. */
const maximumItems = 10_000
/** Ranges of one answer: those of level 1 of some hundred million rows, those below of far fewer. */
const maximumRanges = 100_000

/** The batches of one stream as they travel under the version that is spoken; ending it ends the source. */
export async function* batchesToWire(
  batches: AsyncIterable<CommitBatch>,
  version: number,
  line: Line,
): AsyncGenerator<WireBatch, void, void> {
  const packer = new BatchPacker(isSparing(version) ? (line === 'main' ? 'close' : 'bare') : 'open')
  let toldMs = Number.NEGATIVE_INFINITY
  for await (const { commits, events, behind, frontier, time, asks = false } of batches) {
    const sinceMs = (time?.wallMs ?? 0) - toldMs
    const tells = commits.length === 0 || !isSparing(version) || sinceMs < 0 || sinceMs >= standingEveryMs
    if (tells) toldMs = time?.wallMs ?? toldMs
    const standing = tells ? { behind, frontier, time: time && formatTime(time) } : untold
    yield { commits: await packer.pack(commits), events, ...standing, asks }
  }
}

/** Throws RangeError on what is no batch. */
export async function batchFromWire(value: unknown, unpacker: BatchUnpacker, wireBytes: number): Promise<CommitBatch> {
  const { commits, events, behind, frontier, time, asks } = toObject(value, 'a batch')
  if (!(commits instanceof Uint8Array)) throw new RangeError('not commits')
  return {
    commits: await unpacker.unpack(commits),
    events: toWhole(events, 'events'),
    behind: toWhole(behind, 'commits behind'),
    frontier: frontier === null ? null : toVector(frontier),
    time: time === null ? null : parseTime(toText(time, 'time')),
    asks: asks === true,
    wireBytes,
  }
}

export function toStanding(value: unknown): Standing {
  const { frontier, time } = toObject(value, 'a standing')
  return { frontier: toVector(frontier), time: parseTime(toText(time, 'time')) }
}

export function toDigestRequest(value: unknown): DigestRequest {
  const { table, level, after, until } = toObject(value, 'a request for digests')
  const known = digestTables.find((each) => each === table)
  if (known === undefined) throw new RangeError('not a table')
  return { table: known, level: toWhole(level, 'a level'), after: toBorder(after), until: toBorder(until) }
}

export function toDigestAnswer(value: unknown): DigestAnswer {
  const { frontier, through, ranges } = toObject(value, 'digests')
  if (!Array.isArray(ranges) || ranges.length > maximumRanges) throw new RangeError('not a list of ranges')
  return {
    frontier: toVector(frontier),
    through: toVector(through),
    ranges: ranges.map((range: unknown) => {
      const { until, digest } = toObject(range, 'a range')
      return { until: toBorder(until), digest: toText(digest, 'a digest') }
    }),
  }
}

export function toCommitRange(value: unknown): CommitRange {
  const { origin, first, last } = toObject(value, 'a range of commits')
  const of = toText(origin, 'an origin')
  if (!isOrigin(of)) throw new RangeError(`not an origin: ${of}`)
  return { origin: of, first: toWhole(first, 'a sequence'), last: toWhole(last, 'a sequence') }
}

function toBorder(value: unknown): string | null {
  return value === null || value === undefined ? null : toText(value, 'a key')
}

/** Throws RangeError on anything but a version vector as a JSON object. */
export function toVector(value: unknown): VersionVector {
  const vector: Record<Origin, number> = {}
  const entries = Object.entries(toObject(value, 'a version vector'))
  if (entries.length > maximumOrigins) throw new RangeError(`a version vector of ${entries.length} origins`)
  for (const [origin, sequence] of entries) {
    if (!isOrigin(origin)) throw new RangeError(`not an origin: ${origin}`)
    vector[origin] = toWhole(sequence, `the sequence of ${origin}`)
  }
  return vector
}

/** Throws RangeError on anything but regions and lists of their keys. */
export function toPublicKeys(value: unknown): RegionKeys {
  const keys: Record<RegionId, readonly string[]> = {}
  const entries = Object.entries(toObject(value, 'public keys'))
  if (entries.length > maximumOrigins) throw new RangeError(`public keys of ${entries.length} regions`)
  for (const [region, list] of entries) {
    if (!isRegionId(region)) throw new RangeError(`not a region id: ${region}`)
    if (!Array.isArray(list) || list.length > maximumKeys) throw new RangeError(`not a list of public keys: ${region}`)
    keys[region] = list.map((key: unknown) => toText(key, `a public key of ${region}`))
  }
  return keys
}

/** As the schema's types `HelloInput` and `Hello` have it; `spoken`: without what a peer does not know by whose version is spoken. */
export function helloToWire({ versions, operatorKeys, ...hello }: PeerHello, spoken: number): object {
  const told = tellsOperatorKeys(spoken) ? { operatorKeys } : {}
  return { ...hello, ...told, protocolVersion: versions.newest, oldestVersion: versions.oldest }
}

export function toHello(value: unknown): PeerHello {
  const said = toObject(value, 'a hello')
  const { region, origin, protocolVersion, oldestVersion, publicKeys, frontier, holdsOfYou } = said
  const id = toText(region, 'a region id')
  const from = toText(origin, 'an origin')
  if (!isRegionId(id)) throw new RangeError(`not a region id: ${id}`)
  if (!isOrigin(from)) throw new RangeError(`not an origin: ${from}`)
  const held = holdsOfYou === null || holdsOfYou === undefined ? null : toObject(holdsOfYou, 'a held position')
  return {
    region: id,
    origin: from,
    versions: {
      newest: toWhole(protocolVersion, 'a protocol version'),
      oldest: toWhole(oldestVersion, 'a protocol version'),
    },
    publicKeys: toPublicKeys(publicKeys),
    frontier: toVector(frontier),
    holdsOfYou: held && {
      sequence: toWhole(held.sequence, 'a sequence'),
      hash: toText(held.hash, 'a hash'),
      proof: toText(held.proof, 'a proof'),
    },
    claimKey: toFingerprint(said.claimKey),
    operatorKeys: toFingerprint(said.operatorKeys),
  }
}

function toFingerprint(value: unknown): string | null {
  return value === null || value === undefined ? null : toText(value, 'a fingerprint')
}

export function toRightsRequest(value: unknown): RightsRequest {
  const { requestId, to, items } = toObject(value, 'a request for rights')
  return {
    requestId: toText(requestId, 'a request id'),
    to: toText(to, 'an origin'),
    items: toList(items).map((item: unknown) => {
      const { sku, since, ...numbers } = toObject(item, 'an item')
      const whole = (name: string) => toWhole(numbers[name], name)
      return {
        sku: toText(sku, 'a sku'),
        units: whole('units'),
        least: whole('least'),
        extra: whole('extra'),
        held: whole('held'),
        low: whole('low'),
        perHour: whole('perHour'),
        sinceMs: since === null || since === undefined ? null : toWhole(since, 'a time'),
      }
    }),
  }
}

export function rightsRequestToWire({ items, ...request }: RightsRequest): object {
  return { ...request, items: items.map(({ sinceMs, ...item }) => ({ ...item, since: sinceMs })) }
}

export function toRightsReply(value: unknown): RightsReply {
  const { items, position } = toObject(value, 'an answer about rights')
  const at = position === null || position === undefined ? null : toObject(position, 'a position')
  return {
    items: toItems(items),
    position: at && { origin: toText(at.origin, 'an origin'), sequence: toWhole(at.sequence, 'a sequence') },
  }
}

function toList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value) || value.length > maximumItems) throw new RangeError('not a list of items')
  return value
}

function toItems(value: unknown): RightsReply['items'] {
  return toList(value).map((item: unknown) => {
    const { sku, units } = toObject(item, 'an item')
    return { sku: toText(sku, 'a sku'), units: toWhole(units, 'units') }
  })
}

export function toObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RangeError(`not ${what}`)
  return value as Record<string, unknown>
}

export function toText(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new RangeError(`not ${what}`)
  return value
}

export function toWhole(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new RangeError(`not ${what}`)
  return value
}
