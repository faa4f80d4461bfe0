// The shape of an order's facts, as whoever folds them relies on it. Cheap checks by hand: they stand before every
// order that comes from another region.

import { isOrigin, type Origin } from '../clock/origin.ts'
import { isCallerId } from '../documents/ids.ts'
import { settledId } from '../documents/order/facts.ts'
import { isLeaseHolder } from '../stock/lease/holder.ts'
import { isListOf, isObject, isRecordOf, isText, isTextOrNull, isUnits } from './flaw.ts'

type Shape = (fact: Readonly<Record<string, unknown>>) => boolean

const maximumLines = 20_000
const isId = (value: unknown): boolean => typeof value === 'string' && isCallerId(value)
const isLease = (value: unknown): boolean => typeof value === 'string' && isLeaseHolder(value)
const isWriter = (value: unknown): boolean => typeof value === 'string' && isOrigin(value)
const isMinor = (value: unknown): boolean => Number.isSafeInteger(value)
const isCurrency = (value: unknown): boolean => typeof value === 'string' && /^[A-Z]{3}$/.test(value)
const adjustmentKinds: ReadonlySet<unknown> = new Set(['DISCOUNT', 'SHIPPING', 'TAX', 'OTHER'])
const settledCells: ReadonlySet<string> = new Set(['released', 'shipped', 'returned', 'writtenOff'])

function isPlacedLine(line: unknown): boolean {
  if (!isObject(line)) return false
  const { lease } = line
  const isPlain = isText(line.id, 256) && isId(line.sku) && isUnits(line.quantity, 1) && isMinor(line.unitPrice)
  return isPlain && (lease === undefined || (isObject(lease) && isLease(lease.id) && isWriter(lease.origin)))
}

function isAdjustment(value: unknown): boolean {
  return isObject(value) && adjustmentKinds.has(value.kind) && isText(value.label, 500, 0) && isMinor(value.amount)
}

function isReturnedLine(line: unknown): boolean {
  if (!isObject(line)) return false
  return isText(line.lineId, 256) && isId(line.sku) && isUnits(line.quantity, 1) && typeof line.restock === 'boolean'
}

const shapes: Readonly<Record<string, Shape>> = {
  placed: ({ customerId, currencyCode, lines, adjustments, placedAt }) =>
    (customerId === null || isId(customerId)) &&
    isCurrency(currencyCode) &&
    isListOf(lines, maximumLines, isPlacedLine) &&
    isListOf(adjustments, maximumLines, isAdjustment) &&
    (placedAt === null || isUnits(placedAt)),
  shipped: ({ except, note }) => isRecordOf(except, (units) => isUnits(units)) && isTextOrNull(note, 10_000),
  delivered: ({ note }) => isTextOrNull(note, 10_000),
  cancelled: ({ note }) => isTextOrNull(note, 10_000),
  returned: ({ shipped, credited, lines, note }) =>
    typeof shipped === 'boolean' &&
    typeof credited === 'boolean' &&
    isListOf(lines, maximumLines, isReturnedLine) &&
    isTextOrNull(note, 10_000),
  settled: ({ id, origin, holder, reason, cells }) =>
    isText(reason, 1_000) &&
    // Named after whose reservation it is: so it is settled once, whoever does.
    (holder === undefined ? isWriter(origin) : isWriter(holder) && holder !== origin) &&
    id === settledId(String(holder ?? origin), reason) &&
    isObject(cells) &&
    Object.entries(cells).every(
      ([cell, lines]) => settledCells.has(cell) && isRecordOf(lines, (units) => isUnits(units)),
    ),
}

/** Null where `data` is a fact of this kind that `origin` may have written; else what it is instead. */
export function findFactFlaw(kind: string, data: Readonly<Record<string, unknown>>, origin: Origin): string | null {
  const shape = Object.hasOwn(shapes, kind) ? shapes[kind] : undefined
  if (shape === undefined) return `there is no fact ${kind} of an order`
  if (data.kind !== kind) return `a fact ${kind} calls itself ${String(data.kind)}`
  if (!isText(data.id, 1_024) || !/^[a-z]/.test(data.id)) return `a fact ${kind} has no id`
  if (data.origin !== origin) return `a fact ${kind} says that ${String(data.origin)} has written it`
  return shape(data) ? null : `a fact ${kind} has not the shape of one`
}
