// What stands of several concurrent values: the last writer by (hybrid time, region), or the first where a claim is
// what matters (M1). Also the text under which a register is stored. Knows no kind and no Automerge.

import { compareTimes, formatTime, type HybridTime, originOfTime, parseTime } from '../clock/hybrid-clock.ts'
import type { RegionId } from '../clock/origin.ts'
import type { Json } from '../json.ts'
import { requirePolicy } from './conflicts/custom.ts'
import type { DocumentState, Register } from './document.ts'

type Written = Pick<Register, 'time' | 'region'>

/** Code units, not locale: the same order on every machine. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** Negative where left was written earlier; regions break ties of time. */
export function compareWritten(left: Written, right: Written): number {
  return compareTimes(left.time, right.time) || compareText(left.region, right.region)
}

/** The last writer's register; undefined where there is none. */
export function lastOf<Value extends Written>(registers: readonly Value[]): Value | undefined {
  let last: Value | undefined
  for (const register of registers) if (last === undefined || compareWritten(last, register) < 0) last = register
  return last
}

/** The first writer's register; undefined where there is none. */
export function firstOf<Value extends Written>(registers: readonly Value[]): Value | undefined {
  let first: Value | undefined
  for (const register of registers) if (first === undefined || compareWritten(register, first) < 0) first = register
  return first
}

/** Every concurrent register at a key; empty where the key is absent. */
export function registersAt(state: DocumentState, map: string, key: string): readonly Register[] {
  const entries = state[map]
  return entries !== undefined && Object.hasOwn(entries, key) ? (entries[key] ?? []) : []
}

/** The standing value at a key; undefined where the key is absent. */
export function valueAt(state: DocumentState, map: string, key: string): Json | undefined {
  return settle(registersAt(state, map, key))
}

/** The last writer's value or, where that was written under a custom policy, what this makes of all of them. */
function settle(registers: readonly Register[]): Json | undefined {
  const last = lastOf(registers)
  if (last?.policy === undefined || registers.length < 2) return last?.value
  return requirePolicy(last.policy).settle(sortRegisters(registers))
}

/** The standing value of every key of a map, by key. */
export function standingEntries(state: DocumentState, map: string): readonly (readonly [string, Register])[] {
  const found: (readonly [string, Register])[] = []
  for (const key of Object.keys(state[map] ?? {}).sort(compareText)) {
    const register = lastOf(registersAt(state, map, key))
    if (register !== undefined) found.push([key, register])
  }
  return found
}

/** The latest time of any register, losing ones included; the origin of time for an empty state. */
export function latestTime(state: DocumentState): HybridTime {
  let latest = originOfTime
  for (const map in state)
    for (const registers of Object.values(state[map] ?? {}))
      for (const { time } of registers) if (compareTimes(latest, time) < 0) latest = time
  return latest
}

/** How a register lies in a document: `[value, time, region]`, and the custom policy where it is under one. */
export function encodeRegister(value: Json, time: HybridTime, region: RegionId, policy?: string): string {
  return JSON.stringify([value, formatTime(time), region, ...(policy === undefined ? [] : [policy])])
}

/** The inverse of `encodeRegister`; throws RangeError on anything else, and for a policy that is not registered here. */
export function decodeRegister(text: string): Register {
  const parts: unknown = JSON.parse(text)
  if (!Array.isArray(parts) || parts.length < 3 || parts.length > 4)
    throw new RangeError('not a register: expected [value, time, region]')
  const [value, time, region, policy] = parts as [Json, unknown, unknown, unknown]
  if (typeof time !== 'string' || typeof region !== 'string') throw new RangeError('not a register: no time or region')
  if (parts.length === 3) return { value, time: parseTime(time), region }
  if (typeof policy !== 'string') throw new RangeError('not a register: a policy without a name')
  return { value, time: parseTime(time), region, policy: requirePolicy(policy).name }
}

/** Concurrent registers in their one order: by time, then region, then text. */
export function sortRegisters(registers: readonly Register[]): readonly Register[] {
  if (registers.length < 2) return registers
  return [...registers].sort(
    (left, right) =>
      compareWritten(left, right) || compareText(JSON.stringify(left.value), JSON.stringify(right.value)),
  )
}
