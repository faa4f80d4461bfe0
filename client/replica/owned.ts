// Documents that the device may change: Automerge bytes as they came, with the device's own units on top. Pure; opens a document
// only while it works on it, for an open one costs many times its bytes. Knows no storage and no order of sending.

import {
  applyChanges,
  closeDocument,
  type DocumentHandle,
  headsOf,
  openDocument,
  readState,
  saveDocument,
} from '@causeway/schema/documents/automerge'
import type { DocumentState } from '@causeway/schema/documents/document'
import { kindOf } from '@causeway/schema/documents/registry'
import { editState } from '@causeway/schema/documents/state'
import { encodeUnit, holdsHeads } from '@causeway/schema/documents/units/encode'
import type { Unit } from '@causeway/schema/documents/units/unit'
import { fromBase64, toBase64 } from './bytes.ts'

/** As it travels and is stored, Base64. Without a snapshot: from the genesis change on. */
export interface OwnedContent {
  readonly snapshot: string | null
  readonly changes: readonly string[]
}

export interface Layered {
  readonly state: DocumentState
  /** Sorted; what the next unit stands on. */
  readonly heads: readonly string[]
}

/** Changes kept beside a snapshot; more are put into it. */
const maximumLooseChanges = 32
/** Writes nothing: every change here has the actor of its unit. */
const readingActor = 'fe'.repeat(16)

function open(kind: string, content: OwnedContent | null): DocumentHandle {
  const shape = kindOf(kind)
  if (shape === undefined) throw new RangeError(`there is no kind of document ${kind}`)
  const snapshot = content?.snapshot == null ? null : fromBase64(content.snapshot)
  return openDocument(shape, { snapshot, changes: (content?.changes ?? []).map(fromBase64) }, readingActor)
}

/** What is confirmed, and on top of it what the device has done since; null is a document that nobody has begun. */
export function layer(kind: string, content: OwnedContent | null, units: readonly Unit[]): Layered {
  const handle = open(kind, content)
  try {
    const adrift: Unit[] = []
    for (const unit of units) {
      // A unit on a change that was refused, or on history that is gone: its region will say so, and it is made anew.
      if (!holdsHeads(handle, unit.base)) adrift.push(unit)
      else {
        const bytes = encodeUnit(handle, unit)
        if (bytes !== null) applyChanges(handle, [bytes])
      }
    }
    const state = adrift.reduce(
      (shown, unit) => editState(shown, unit.patches, unit.time, unit.region, kind),
      readState(handle),
    )
    return { state, heads: headsOf(handle) }
  } finally {
    closeDocument(handle)
  }
}

/** The document with changes that came since; null where they stand on something that is not here. */
export function withChanges(kind: string, content: OwnedContent | null, since: readonly string[]): OwnedContent | null {
  const handle = open(kind, content)
  try {
    applyChanges(handle, since.map(fromBase64))
    if (handle.backend.getMissingDeps([]).length > 0) return null
    const changes = [...(content?.changes ?? []), ...since]
    if (changes.length <= maximumLooseChanges) return { snapshot: content?.snapshot ?? null, changes }
    return { snapshot: toBase64(saveDocument(handle)), changes: [] }
  } finally {
    closeDocument(handle)
  }
}
