// Folding a document and carrying changes over a fold, both pure functions of bytes, so every region gets the same ones.
//
// The history up to the fold's heads becomes one change by a derived actor, which puts every register and every character
// that stood there. A change beside that history is carried over: the same operations, each overwriting exactly what it had overwritten,
// by an actor derived from its own. What stood stands, and what was concurrent stays so: the same registers as without a fold.

import * as Automerge from '#automerge'
import { ByteWriter } from '../../commit/bytes.ts'
import { toHex } from '../../hex.ts'
import { type DocumentHandle, type DocumentShape, openChanges } from '../automerge.ts'
import type { Sha256 } from '../change-bytes.ts'
import { compareText } from '../register.ts'
import type { Operation } from '../text/operation.ts'
import {
  compareOperations,
  deletedBehind,
  ElementRuns,
  Elements,
  parseOperation,
  standingAt,
  head as textHead,
} from './elements.ts'
import type { Fold, FoldMark } from './mark.ts'

const actorBytes = 16
export const root = '_root'
/**
 * A removal of what the fold has already dropped removes nothing, and Automerge cannot save such an operation. Others
 * are named after their place in the change, so a value that nobody reads takes its place.
 */
export const placeholderKey = '~'

export function deriveActor(parts: readonly string[], sha256: Sha256): string {
  const text = new ByteWriter()
  text.rawText(parts.join('\n'))
  return toHex(sha256(text.view()).subarray(0, actorBytes))
}

export interface Folded {
  readonly mark: FoldMark
  /** The new genesis change, then what was carried over, causes first. */
  readonly changes: readonly Uint8Array[]
}

/** `handle` holds the fold's heads and perhaps more. Throws RangeError where it lacks one of them. */
export function foldDocument(handle: DocumentHandle, fold: Fold, sha256: Sha256): Folded {
  const { backend, shape } = handle
  const heads = [...fold.heads]
  const history = backend.getChangesMeta([])
  const inside = new Set(heads)
  for (const { hash, deps } of [...history].reverse()) if (inside.has(hash)) for (const dep of deps) inside.add(dep)
  if (history.filter(({ hash }) => inside.has(hash)).length !== inside.size)
    throw new RangeError(`a ${shape.name} is folded at heads that are not there`)
  const actors: Record<string, readonly [number, number]> = {}
  for (const { hash, actor, seq, maxOp } of history) {
    const [sequence, operation] = actors[actor] ?? [0, 0]
    if (inside.has(hash)) actors[actor] = [Math.max(sequence, seq), Math.max(operation, maxOp)]
  }
  const { kind, id, origin, sequence, time } = fold
  const actor = deriveActor(['fold', kind, id, origin, String(sequence), ...heads], sha256)
  const written = writeGenesis(handle, heads, inside, actor)
  const { bytes, registers, objects, size } = written
  const genesis = Automerge.decodeChange(bytes).hash
  const elements = written.elements === null ? {} : { elements: written.elements }
  const told = { origin, sequence, time, heads, actors, authors: [], carried: {} }
  let mark: FoldMark = { ...told, genesis, actor, size, objects, registers, ...elements }
  const changes = [bytes]
  for (const { hash } of history) {
    if (inside.has(hash)) continue
    const change = backend.getChangeByHash(hash)
    if (change === null) throw new RangeError(`a ${shape.name} has lost its change ${hash}`)
    const carried = carryOver(mark, change, sha256)
    changes.push(carried.bytes)
    mark = carried.mark
  }
  return { mark, changes }
}

function writeGenesis(handle: DocumentHandle, heads: string[], inside: ReadonlySet<string>, actor: string) {
  const { backend, shape, objects: before } = handle
  const nothing: string[] = []
  const objects: Record<string, string> = {}
  const registers: Record<string, string> = {}
  const ops: Operation[] = shape.maps.map((map) => ({ action: 'makeMap', obj: root, key: map, pred: nothing }))
  let texts: Elements | null = null
  const runs = new ElementRuns()
  for (const [index, map] of shape.maps.entries()) {
    const object = before.get(map) ?? ''
    const obj = `${index + 1}@${actor}`
    objects[object] = obj
    for (const key of backend.keys(object, heads).sort(compareText)) {
      // Of an object its own name stands in place of a value.
      const found = backend.getAll(object, key, heads).map(([type, value, name = value]) => ({ type, value, name }))
      for (const { type, value, name } of found.sort((left, right) =>
        compareOperations(String(left.name), String(right.name)),
      )) {
        const isText = type === 'text'
        ops.push(
          isText
            ? { action: 'makeText', obj, key, pred: nothing }
            : { action: 'set', obj, key, value: value as string, pred: nothing },
        )
        const folded = `${ops.length}@${actor}`
        registers[String(name)] = folded
        if (!isText) continue
        objects[String(name)] = folded
        texts ??= elementsOf(handle, inside)
        writeText(ops, texts.of(String(name)), folded, actor, runs)
      }
    }
  }
  const change = { actor, author: null, seq: 1, startOp: 1, time: 0, message: null, deps: nothing, ops }
  const elements = texts === null ? null : runs.runs()
  return { bytes: Automerge.encodeChange(change), registers, objects, elements, size: ops.length }
}

function elementsOf({ backend, shape }: DocumentHandle, inside: ReadonlySet<string>): Elements {
  const elements = new Elements()
  for (const hash of inside) {
    const change = backend.getChangeByHash(hash)
    if (change === null) throw new RangeError(`a ${shape.name} has lost its change ${hash}`)
    const { ops, startOp, actor } = Automerge.decodeChange(change)
    elements.take(ops, startOp, actor)
  }
  return elements
}

/** One operation for each character that stands, in a row. */
function writeText(
  ops: Operation[],
  elements: ReturnType<Elements['of']>,
  obj: string,
  actor: string,
  runs: ElementRuns,
) {
  let last = 0
  for (const element of elements) {
    if (!element.isDeleted) {
      const elemId = last === 0 ? textHead : `${last}@${actor}`
      // The library's type asks for a key, which an operation on a text has none of.
      ops.push({ action: 'set', obj, elemId, insert: true, value: element.value, pred: [] as string[] } as Operation)
      last = ops.length
    }
    runs.add(element, last)
  }
}

export function carriedActor(mark: FoldMark, actor: string, sha256: Sha256): string {
  return deriveActor(['carried', mark.actor, actor], sha256)
}

/** From an operation's name on the graph before the fold to that after it; null where it does not stand any more. */
export function renamer(mark: FoldMark, sha256: Sha256): (operation: string) => string | null {
  return (operation) => {
    const [counter, actor] = parseOperation(operation)
    const [, folded] = mark.actors[actor] ?? [0, 0]
    if (counter > folded) return `${counter + mark.size}@${carriedActor(mark, actor, sha256)}`
    const at = mark.elements === undefined ? null : standingAt(mark.elements, counter, actor)
    return at === null ? (mark.registers[operation] ?? null) : `${at}@${mark.actor}`
  }
}

/** A change that was made on the graph before the fold, as one on the graph after it; and the mark that remembers it. */
export function carryOver(
  mark: FoldMark,
  change: Uint8Array,
  sha256: Sha256,
): { readonly bytes: Uint8Array; readonly mark: FoldMark } {
  const decoded = Automerge.decodeChange(change)
  const { hash, seq, startOp, time, message } = decoded
  const rename = renamer(mark, sha256)
  const ops = decoded.ops.map((op: Operation): Operation => {
    const pred = op.pred.flatMap((operation) => rename(operation) ?? []).sort(compareOperations)
    const obj = op.obj === root ? root : (mark.objects[op.obj] ?? rename(op.obj))
    if (obj === null || (op.action === 'del' && pred.length === 0))
      return { action: 'set', obj: root, key: placeholderKey, value: '', pred: [] }
    if (op.elemId === undefined) return { ...op, obj, pred }
    return {
      ...op,
      obj,
      pred,
      elemId: op.elemId === textHead ? textHead : (rename(op.elemId) ?? placeOf(mark, op.elemId)),
    }
  })
  const deps = [...new Set(decoded.deps.flatMap((dep) => mark.carried[dep] ?? []))].sort(compareText)
  const [foldedChanges] = mark.actors[decoded.actor] ?? [0, 0]
  const bytes = Automerge.encodeChange({
    actor: carriedActor(mark, decoded.actor, sha256),
    author: null,
    seq: seq - foldedChanges,
    startOp: startOp + mark.size,
    time,
    message,
    deps: deps.length === 0 ? [mark.genesis] : deps,
    ops,
  })
  const carried = { ...mark.carried, [hash]: Automerge.decodeChange(bytes).hash }
  const authors = mark.authors.includes(decoded.actor) ? mark.authors : [...mark.authors, decoded.actor]
  return { bytes, mark: { ...mark, carried, authors } }
}

/** What stood before a character that the fold has dropped, for what was put behind it. */
export function placeOf(mark: FoldMark, element: string): string {
  if (mark.elements === undefined) return textHead
  const [counter, actor] = parseOperation(element)
  const behind = deletedBehind(mark.elements, counter, actor) ?? 0
  return behind === 0 ? textHead : `${behind}@${mark.actor}`
}

/** The document that came out of a fold. */
export function openFolded(shape: DocumentShape, { changes }: Folded, actor: string): DocumentHandle {
  return openChanges(shape, changes, actor)
}
