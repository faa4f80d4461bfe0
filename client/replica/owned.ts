// Documents that the device may change: Automerge bytes as they came, with the device's own units on top. Pure; keeps few
// documents open, for an open one costs many times its bytes. Knows no storage and no order of sending.

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

function openContent(kind: string, content: OwnedContent | null): DocumentHandle {
  const shape = kindOf(kind)
  if (shape === undefined) throw new RangeError(`there is no kind of document ${kind}`)
  const snapshot = content?.snapshot == null ? null : fromBase64(content.snapshot)
  return openDocument(shape, { snapshot, changes: (content?.changes ?? []).map(fromBase64) }, readingActor)
}

/** Documents that are kept open between two looks; the one looked at least lately is closed for the next one. */
export const maximumOpen = 16

interface Open {
  readonly content: OwnedContent | null
  readonly handle: DocumentHandle
  readonly units: Unit[]
  /** On a change that was refused, or on history that is gone: its region will say so, and it is made anew. */
  readonly adrift: Unit[]
  layered: Layered | null
}

/** What is confirmed, and on top of it what the device has done since. One more unit on an open document costs that unit alone. */
export class Layers {
  readonly #open = new Map<string, Open>()

  /** Documents that cost memory now. */
  get count(): number {
    return this.#open.size
  }

  /** `content` null is a document that nobody has begun. */
  layer(kind: string, id: string, content: OwnedContent | null, units: readonly Unit[]): Layered {
    const key = `${kind}/${id}`
    const open = this.#reopened(key, kind, content, units)
    if (open.layered !== null && open.units.length === units.length) return open.layered
    for (const unit of units.slice(open.units.length)) {
      open.units.push(unit)
      if (!holdsHeads(open.handle, unit.base)) open.adrift.push(unit)
      else {
        const bytes = encodeUnit(open.handle, unit)
        if (bytes !== null) applyChanges(open.handle, [bytes])
      }
    }
    const state = open.adrift.reduce(
      (shown, unit) => editState(shown, unit.patches, unit.time, unit.region, kind),
      readState(open.handle),
    )
    open.layered = { state, heads: headsOf(open.handle) }
    return open.layered
  }

  close(): void {
    for (const { handle } of this.#open.values()) closeDocument(handle)
    this.#open.clear()
  }

  #reopened(key: string, kind: string, content: OwnedContent | null, units: readonly Unit[]): Open {
    const known = this.#open.get(key)
    this.#open.delete(key)
    const goesOn = known?.content === content && known.units.every((unit, index) => unit === units[index])
    if (known !== undefined && !goesOn) closeDocument(known.handle)
    const [oldest] = this.#open
    if (oldest !== undefined && this.#open.size >= maximumOpen) {
      closeDocument(oldest[1].handle)
      this.#open.delete(oldest[0])
    }
    const open =
      known !== undefined && goesOn
        ? known
        : { content, handle: openContent(kind, content), units: [], adrift: [], layered: null }
    this.#open.set(key, open)
    return open
  }
}

/** The document with changes that came since; null where they stand on something that is not here. */
export function withChanges(kind: string, content: OwnedContent | null, since: readonly string[]): OwnedContent | null {
  const handle = openContent(kind, content)
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
