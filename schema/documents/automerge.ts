// Documents as Automerge keeps them: the genesis change, edits as one change, every concurrent value read back. With
// folding/ the only file that calls Automerge's documents. Knows maps and registers (document.ts), no kind in particular.

import * as Automerge from '#automerge'
import type { HybridTime } from '../clock/hybrid-clock.ts'
import type { RegionId } from '../clock/origin.ts'
import type { Json } from '../json.ts'
import { policyOf } from './conflicts/custom.ts'
import type { DocumentKind, DocumentState, Edit, Register } from './document.ts'
import { compareText, decodeRegister, encodeRegister, sortRegisters } from './register.ts'
import { readTextKey } from './text/text-key.ts'
import { writeText } from './text/write-text.ts'

/** Actor of every genesis change: the same document starts the same in every region. */
export const genesisActor = '00'.repeat(16)

export type DocumentShape = Pick<DocumentKind<unknown>, 'name' | 'maps'>

/** A document in memory of its own outside the garbage collector's reach: end it with `closeDocument`. */
export interface DocumentHandle {
  readonly shape: DocumentShape
  readonly backend: ReturnType<typeof Automerge.getBackend>
  /** Map name → Automerge's name of the map, which a fold gives anew. */
  readonly objects: ReadonlyMap<string, string>
}

interface Genesis {
  readonly change: Uint8Array
  readonly heads: readonly string[]
  /** Map name → Automerge's name of the map. */
  readonly objects: ReadonlyMap<string, string>
}

const geneses = new Map<string, Genesis>()

function genesisOf(shape: DocumentShape): Genesis {
  const known = geneses.get(shape.name)
  if (known !== undefined) return known
  const change = Automerge.encodeChange({
    actor: genesisActor,
    author: null,
    seq: 1,
    startOp: 1,
    time: 0,
    message: null,
    deps: [],
    ops: shape.maps.map((map) => ({ action: 'makeMap', obj: '_root', key: map, pred: [] })),
  })
  const genesis = {
    change,
    heads: [Automerge.decodeChange(change).hash],
    objects: new Map(shape.maps.map((map, index) => [map, `${index + 1}@${genesisActor}`])),
  }
  geneses.set(shape.name, genesis)
  return genesis
}

/** The change that every document of a kind begins with; never stored or sent. */
export function genesisChange(shape: DocumentShape): Uint8Array {
  return genesisOf(shape).change
}

/** Heads of a document that nothing has been written to. */
export function genesisHeads(shape: DocumentShape): readonly string[] {
  return genesisOf(shape).heads
}

/**
 * Builds a document. `bytes` null, or without a snapshot: from the genesis change on. `actor` is 32 hex digits, one
 * that no other process has ever written with (reusing one after a loss of state wedges the document).
 */
export function openDocument(
  shape: DocumentShape,
  bytes: { readonly snapshot: Uint8Array | null; readonly changes: readonly Uint8Array[] } | null,
  actor: string,
): DocumentHandle {
  const snapshot = bytes?.snapshot ?? null
  const document = snapshot === null ? Automerge.init<unknown>({ actor }) : Automerge.load<unknown>(snapshot, { actor })
  const backend = Automerge.getBackend(document)
  const first = snapshot === null ? [genesisChange(shape)] : []
  const changes = [...first, ...(bytes?.changes ?? [])]
  if (changes.length > 0) backend.applyChanges(changes)
  return { shape, backend, objects: snapshot === null ? genesisOf(shape).objects : objectsOf(shape, backend) }
}

/** Builds a document from changes that begin with a genesis of their own. */
export function openChanges(shape: DocumentShape, changes: readonly Uint8Array[], actor: string): DocumentHandle {
  const backend = Automerge.getBackend(Automerge.init<unknown>({ actor }))
  backend.applyChanges([...changes])
  return { shape, backend, objects: objectsOf(shape, backend) }
}

function objectsOf(shape: DocumentShape, backend: DocumentHandle['backend']): ReadonlyMap<string, string> {
  return new Map(
    shape.maps.map((map) => {
      const [type, object] = backend.getWithType('_root', map) ?? []
      if (type !== 'map') throw new RangeError(`this ${shape.name} has no map ${map}`)
      return [map, String(object)]
    }),
  )
}

/** Applies changes made elsewhere, all in one call: one by one they cost ten times as much. */
export function applyChanges(handle: DocumentHandle, changes: readonly Uint8Array[]): void {
  if (changes.length > 0) handle.backend.applyChanges([...changes])
}

/** Hex hashes, sorted. */
export function headsOf(handle: DocumentHandle): readonly string[] {
  return handle.backend.getHeads().sort(compareText)
}

/** Makes one change of all edits (W5); null where none of them changes anything. */
export function applyEdits(
  handle: DocumentHandle,
  edits: readonly Edit[],
  time: HybridTime,
  region: RegionId,
): { readonly bytes: Uint8Array; readonly heads: readonly string[] } | null {
  const { objects, shape } = handle
  const written = (key: string, map: string, value: Json) =>
    encodeRegister(value, time, region, policyOf(shape.name, map, key))
  for (const edit of edits) {
    const object = objects.get(edit.map)
    if (object === undefined) throw new RangeError(`a ${handle.shape.name} has no map ${edit.map}`)
    if ('text' in edit) writeText(handle.backend, object, { field: edit.key, text: edit.text }, time, region)
    else if (!('remove' in edit)) handle.backend.put(object, edit.key, written(edit.key, edit.map, edit.value), 'str')
    else if (handle.backend.getWithType(object, edit.key) !== null) handle.backend.delete(object, edit.key)
  }
  if (handle.backend.commit(null, 0) === null) return null
  const bytes = handle.backend.getLastLocalChange()
  if (bytes === null) throw new Error(`a committed change of a ${handle.shape.name} cannot be read back`)
  return { bytes, heads: headsOf(handle) }
}

/**
 * Every concurrent value of every key, in its one order; maps that hold nothing are left out. A text stands under its
 * field, as it reads now and as of when it began.
 */
export function readState(handle: DocumentHandle): DocumentState {
  const state: Record<string, Record<string, readonly Register[]>> = {}
  for (const [map, object] of handle.objects) {
    const keys = handle.backend.keys(object)
    if (keys.length === 0) continue
    const entries: Record<string, readonly Register[]> = Object.create(null)
    for (const key of keys) {
      const registers: Register[] = []
      for (const [type, value] of handle.backend.getAll(object, key)) {
        if (type === 'str') registers.push(decodeRegister(value))
        const birth = type === 'text' ? readTextKey(key) : null
        if (birth === null) continue
        const { field, time, region } = birth
        const text = { value: handle.backend.text(String(value)), time, region }
        entries[field] = sortRegisters([...(entries[field] ?? []), text])
      }
      if (registers.length > 0) entries[key] = sortRegisters([...(entries[key] ?? []), ...registers])
    }
    state[map] = { ...entries }
  }
  return state
}

/** The state of a document that somebody else holds open, and goes on holding. Throws RangeError where it is not of that kind. */
export function readDocument(shape: DocumentShape, document: object): DocumentState {
  const backend = Automerge.getBackend(document)
  return readState({ shape, backend, objects: objectsOf(shape, backend) })
}

/** The whole document as one snapshot, genesis included. */
export function saveDocument(handle: DocumentHandle): Uint8Array {
  return handle.backend.save()
}

/** Frees the document's memory, which nothing else does. */
export function closeDocument(handle: DocumentHandle): void {
  handle.backend.free()
}
