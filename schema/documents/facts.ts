// Documents that only gather facts: their state from events alone, and their changes without a document in memory. Knows
// no kind.

import type { HybridTime } from '../clock/hybrid-clock.ts'
import type { RegionId } from '../clock/origin.ts'
import type { JsonObject } from '../json.ts'
import { type DocumentShape, genesisHeads } from './automerge.ts'
import type { Sha256 } from './change-bytes.ts'
import type { DocumentState, Register } from './document.ts'
import { encodeFactChange, factIdOf, factsMap, shortenFactChange } from './fact-change.ts'
import { compareText, registersAt, sortRegisters } from './register.ts'

/** A fact as its event carries it: `data` with its own id. */
export interface FactEvent {
  readonly data: JsonObject
  readonly time: HybridTime
  readonly region: RegionId
}

/** Every fact register of a document, in no order that means anything. */
export function factRegisters(state: DocumentState): readonly Register[] {
  return Object.values(state[factsMap] ?? {}).flat()
}

/** The state with more facts, in whatever order they come; the same as reading the built document. */
export function absorbFacts(state: DocumentState, facts: readonly FactEvent[]): DocumentState {
  if (facts.length === 0) return state
  const entries: Record<string, readonly Register[]> = { ...state[factsMap] }
  for (const { data, time, region } of facts) {
    const id = factIdOf(data)
    const held = Object.hasOwn(entries, id) ? (entries[id] ?? []) : []
    entries[id] = sortRegisters([...held, { value: data, time, region }])
  }
  return { ...state, [factsMap]: entries }
}

/** True where the state holds a fact of this id, whoever wrote it. */
export function hasFact(state: DocumentState, id: string): boolean {
  return registersAt(state, factsMap, id).length > 0
}

/**
 * One change that puts `facts` (ids new to `state`, no id twice) on top of `heads`, which are all that `state` holds;
 * empty for a new document. `actor` is 32 hex digits, fresh: it writes this one change and no other. `short` is its form
 * in a commit whose events tell the very same facts.
 */
export function encodeFacts(
  shape: DocumentShape,
  document: { readonly heads: readonly string[]; readonly state: DocumentState },
  facts: readonly JsonObject[],
  time: HybridTime,
  region: RegionId,
  actor: string,
  sha256: Sha256,
): { readonly bytes: Uint8Array; readonly heads: readonly string[]; readonly short: Uint8Array } {
  const keys = facts.map(factIdOf)
  for (const key of keys) if (hasFact(document.state, key)) throw new RangeError(`fact ${key} is already there`)
  if (new Set(keys).size !== keys.length || keys.length === 0) throw new RangeError('facts must be new, at least one')
  // Every operation so far made a map or put a fact, so counting them gives an operation number above all of theirs.
  const startOp = shape.maps.length + factRegisters(document.state).length + 1
  const deps = document.heads.length === 0 ? genesisHeads(shape) : [...document.heads].sort(compareText)
  const change = { deps, actor, startOp }
  const { bytes, hash } = encodeFactChange(shape, change, facts, time, region, sha256)
  return { bytes, heads: [hash], short: shortenFactChange(shape, change) }
}
