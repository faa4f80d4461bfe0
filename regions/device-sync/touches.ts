// What one commit changed, by what a device may wait for: put together once for all streams of a node that read the commit. Pure.

import type { Commit } from '@causeway/schema/commit/commit'
import { foldsOf } from '@causeway/schema/documents/folding/mark'
import { leasedSkus } from '../stock/lease-rows.ts'
import { keyOfWanted, type Wanted } from './wanted.ts'

export interface Touches {
  readonly all: ReadonlyMap<string, Wanted>
  /** Kind → what of `all` is of it. */
  readonly ofKind: ReadonlyMap<string, readonly Wanted[]>
  /** Changes of a document in the order of the commit; null where it was folded. */
  readonly changes: ReadonlyMap<string, readonly Uint8Array[] | null>
}

export type TouchingCommit = Pick<Commit, 'origin' | 'firstSequence' | 'time' | 'events' | 'documents' | 'stock'>

/** Goes with the commit, which the tail of the log lets go of. */
const known = new WeakMap<TouchingCommit, Touches>()

export function touchesOf(commit: TouchingCommit): Touches {
  const before = known.get(commit)
  if (before !== undefined) return before
  const touches = read(commit)
  known.set(commit, touches)
  return touches
}

function read(commit: TouchingCommit): Touches {
  const all = new Map<string, Wanted>()
  const changes = new Map<string, Uint8Array[] | null>()
  for (const { kind, id, bytes } of commit.documents) {
    const wanted = { kind: kind as Wanted['kind'], id }
    const key = keyOfWanted(wanted)
    all.set(key, wanted)
    changes.set(key, [...(changes.get(key) ?? []), bytes])
  }
  for (const { kind, id } of foldsOf(commit)) {
    const wanted = { kind: kind as Wanted['kind'], id }
    all.set(keyOfWanted(wanted), wanted)
    changes.set(keyOfWanted(wanted), null)
  }
  for (const id of [...commit.stock.map(({ sku }) => sku), ...leasedSkus(commit)])
    all.set(`stock/${id}`, { kind: 'stock', id })
  const ofKind = new Map<string, Wanted[]>()
  for (const wanted of all.values()) {
    const same = ofKind.get(wanted.kind)
    if (same === undefined) ofKind.set(wanted.kind, [wanted])
    else same.push(wanted)
  }
  return { all, ofKind, changes }
}
