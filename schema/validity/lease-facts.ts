// The shape of a lease's facts, and the device's signature under each entry of its chain: whoever carries a chain passes on
// what the device has signed and nothing else (S6).

import { decodeBase64url } from '../clock/base64url.ts'
import { isOrigin, type Origin } from '../clock/origin.ts'
import { CodecError } from '../commit/bytes.ts'
import { isCallerId } from '../documents/ids.ts'
import { isSigned } from '../documents/lease/carry.ts'
import { endedId, entryId, openedId, type ReturnReason, returnedId } from '../documents/lease/facts.ts'
import { hashEntry, type LeaseCheck, maximumLeaseUnits, readEntry } from '../stock/lease/entry.ts'
import { isLeaseHolder } from '../stock/lease/holder.ts'
import { isText, isTextOrNull, isUnits } from './flaw.ts'

type Data = Readonly<Record<string, unknown>>

const reasons: readonly ReturnReason[] = ['duplicate', 'ended']

/** Null where `data` is a fact of this kind that `origin` may have written about lease `id`; else what it is instead. */
export function findLeaseFlaw(kind: string, data: Data, id: string, origin: Origin, check: LeaseCheck): string | null {
  if (!isLeaseHolder(id)) return 'a fact of a lease is about something else'
  if (data.kind !== kind) return `a fact ${kind} calls itself ${String(data.kind)}`
  if (data.origin !== origin || !isOrigin(origin))
    return `a fact ${kind} says that ${String(data.origin)} has written it`
  const isWhole = shapeOf(kind, data, id, check)
  if (isWhole === undefined) return `there is no fact ${kind} of a lease`
  return isWhole ? null : `a fact ${kind} of a lease has not the shape of one, or is not signed by the device`
}

function shapeOf(kind: string, data: Data, id: string, check: LeaseCheck): boolean | undefined {
  const origin = String(data.origin)
  switch (kind) {
    case 'opened':
      return (
        data.id === openedId(origin) &&
        isText(data.deviceId, 128) &&
        typeof data.sku === 'string' &&
        isCallerId(data.sku) &&
        isUnits(data.units, 1) &&
        data.units <= maximumLeaseUnits &&
        (data.publicKey === null || isKey(data.publicKey)) &&
        isUnits(data.opensAt) &&
        isUnits(data.expiresAt)
      )
    case 'entry':
      return isEntry(data, id, check)
    case 'ended':
      return data.id === endedId(origin) && isTextOrNull(data.note, 10_000)
    case 'returned':
      return isUnits(data.units, 1) && isReturned(data, origin)
    default:
      return undefined
  }
}

/** Named after who had lent the units: so they come back once, whoever takes them. */
function isReturned({ id, holder }: Data, origin: Origin): boolean {
  if (holder !== undefined && (typeof holder !== 'string' || !isOrigin(holder) || holder === origin)) return false
  return reasons.some((reason) => id === returnedId(holder ?? origin, reason))
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && decodeBase64url(value)?.length === 32
}

function isEntry({ id: factId, publicKey, payload, signature }: Data, lease: string, check: LeaseCheck): boolean {
  if (!isKey(publicKey) || typeof payload !== 'string' || typeof signature !== 'string') return false
  try {
    const entry = readEntry(payload)
    const isNamed = factId === entryId(entry.number, hashEntry(payload, check.sha256))
    return isNamed && entry.lease === lease && isSigned({ payload, signature }, publicKey, check)
  } catch (error) {
    if (error instanceof CodecError) return false
    throw error
  }
}
