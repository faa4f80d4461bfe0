// What travels between regions about snapshots, checked where it comes in. Knows no socket.

import { maximumPages, type SnapshotDescription, type SnapshotHead } from '@causeway/db/snapshots/snapshots'
import { formatTime, parseTime } from '@causeway/schema/clock/hybrid-clock'
import { isRegionId } from '@causeway/schema/clock/origin'
import { maximumOrigins } from '@causeway/schema/clock/vector-codec'
import type { FenceLog } from '@causeway/schema/fence/fence-log'
import { readOrder } from '@causeway/schema/fence/order'
import type { CheckAnswer, SnapshotAnswer } from '../snapshot/snapshot-calls.ts'
import { maximumTouched } from '../snapshot/snapshot-keeper.ts'
import { stateParts } from '../snapshot/state-digests.ts'
import { toObject, toText, toVector, toWhole } from './messages.ts'

const hexHash = /^[0-9a-f]{64}$/

/** As the schema's type `Snapshot` gives it. */
export function snapshotToWire(answer: SnapshotAnswer) {
  if (answer.status !== 'ready') return { status: answer.status, description: null }
  const { head, ...rest } = answer.description
  return { status: answer.status, description: { ...rest, head: { ...head, time: formatTime(head.time) } } }
}

/** Throws RangeError on anything else. */
export function toSnapshotAnswer(value: unknown): SnapshotAnswer {
  const { status, description } = toObject(value, 'an answer about a snapshot')
  if (status === 'making' || status === 'gone') return { status }
  if (status !== 'ready') throw new RangeError(`a snapshot that is ${String(status)}`)
  return { status, description: toDescription(description) }
}

function toDescription(value: unknown): SnapshotDescription {
  const { layout, id, region, madeMs, head, pages, bytes } = toObject(value, 'a description of a snapshot')
  const from = toText(region, 'a region id')
  if (!isRegionId(from)) throw new RangeError(`not a region id: ${from}`)
  return {
    layout: toWhole(layout, 'a layout'),
    id: toText(id, 'the id of a snapshot'),
    region: from,
    madeMs: toWhole(madeMs, 'a time'),
    head: toHead(head),
    pages: toHashes(pages, maximumPages),
    bytes: toWhole(bytes, 'a size'),
  }
}

function toHead(value: unknown): SnapshotHead {
  const { frontier, time, memberClocks, chainHashes, significant, fences } = toObject(value, 'the head of a snapshot')
  const clocks = Object.entries(toObject(memberClocks, 'clocks of members'))
  if (clocks.length > maximumOrigins) throw new RangeError(`clocks of ${clocks.length} members`)
  return {
    frontier: toVector(frontier),
    time: parseTime(toText(time, 'a time')),
    memberClocks: Object.fromEntries(clocks.map(([region, clock]) => [region, toVector(clock)])),
    chainHashes: toChains(chainHashes),
    significant: toVector(significant),
    fences: toFences(fences),
  }
}

export function toFences(value: unknown): FenceLog {
  const { retires, votes } = toObject(value, 'a log of fences')
  return {
    retires: toList(retires).map((retire) => {
      const said = toObject(retire, 'a retire')
      const { by, sequence, time, region, before, overrides, known, members = null } = said
      const { wallMs, counter } = toObject(time, 'a time')
      const order = readOrder(said.order)
      return {
        by: toText(by, 'an origin'),
        sequence: toWhole(sequence, 'a sequence'),
        time: { wallMs: toWhole(wallMs, 'a time'), counter: toWhole(counter, 'a time') },
        region: toText(region, 'a region id'),
        before: before === null ? null : toWhole(before, 'an incarnation'),
        overrides: overrides === true,
        known: toList(known).map((origin) => toText(origin, 'an origin')),
        members: members === null ? null : toList(members).map((member) => toText(member, 'a region id')),
        ...(order !== null && { order }),
      }
    }),
    votes: toList(votes).map((vote) => {
      const { by, sequence, targets, held, hashes } = toObject(vote, 'a word about a fence')
      const words = toList(targets).map((word) => toText(word, 'a target'))
      return {
        by: toText(by, 'an origin'),
        sequence: toWhole(sequence, 'a sequence'),
        targets: words,
        held: toVector(held),
        hashes: toChains(hashes ?? {}),
      }
    }),
  }
}

function toList(value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value.length <= maximumOrigins) return value
  throw new RangeError('not a list of fences')
}

function toChains(value: unknown): Readonly<Record<string, string>> {
  const chains = Object.entries(toObject(value, 'chain heads'))
  if (chains.length > maximumOrigins) throw new RangeError(`chain heads of ${chains.length} origins`)
  return Object.fromEntries(chains.map(([origin, hash]) => [origin, toHash(hash)]))
}

function toHash(value: unknown): string {
  if (typeof value === 'string' && hexHash.test(value)) return value
  throw new RangeError('not a hash')
}

function toHashes(value: unknown, limit: number): readonly string[] {
  if (!Array.isArray(value) || value.length > limit) throw new RangeError('not a list of hashes')
  return value.map(toHash)
}

/** Throws RangeError on what is neither a page nor none. */
export function toPage(value: unknown): Uint8Array | null {
  if (value === null) return null
  const { body } = toObject(value, 'a page')
  if (body instanceof Uint8Array) return body
  throw new RangeError('a page without bytes')
}

/** As the schema's type `StateCheck` gives it. */
export function checkToWire(answer: CheckAnswer) {
  return { status: answer.status, check: answer.status === 'ready' ? answer.check : null }
}

/** Throws RangeError on anything else. */
export function toCheckAnswer(value: unknown): CheckAnswer {
  const { status, check } = toObject(value, 'an answer about the state')
  if (status === 'making' || status === 'behind' || status === 'unable') return { status }
  if (status !== 'ready') throw new RangeError(`a check that is ${String(status)}`)
  const { touched, digests, chains } = toObject(check, 'a check')
  if (!Array.isArray(touched) || touched.length > maximumTouched) throw new RangeError('not a list of keys')
  const parts = toHashes(digests, stateParts)
  return {
    status,
    check: { touched: touched.map((key) => toText(key, 'a key')), digests: parts, chains: toChains(chains) },
  }
}
