// Folding a document and carrying changes over a fold, both pure functions of bytes, so every region gets the same ones.
//
// The history up to the fold's heads becomes one change by a derived actor, which puts every register that stood there. A
// change beside that history is carried over: the same operations, each overwriting exactly what it had overwritten,
// by an actor derived from its own. What stood stands, and what was concurrent stays so: the same registers as without a fold.

import * as Automerge from '#automerge'
import { ByteWriter } from '../../commit/bytes.ts'
import { type DocumentHandle, type DocumentShape, openChanges } from '../automerge.ts'
import { type Sha256, toHex } from '../change-bytes.ts'
import { compareText } from '../register.ts'
import type { Fold, FoldMark } from './mark.ts'

type DecodedChange = ReturnType<typeof Automerge.decodeChange>
type Operation = DecodedChange['ops'][number]

const actorBytes = 16
const root = '_root'
/**
 * A removal of what the fold has already dropped removes nothing, and Automerge cannot save such an operation. Others
 * are named after their place in the change, so a value that nobody reads takes its place.
 */
const placeholderKey = '~'

function deriveActor(parts: readonly string[], sha256: Sha256): string {
  const text = new ByteWriter()
  text.rawText(parts.join('\n'))
  return toHex(sha256(text.view()).subarray(0, actorBytes))
}

function parseOperation(name: string): readonly [counter: number, actor: string] {
  const at = name.indexOf('@')
  return [Number(name.slice(0, at)), name.slice(at + 1)]
}

/** By counter, then actor: the one order of operations. */
function compareOperations(left: string, right: string): number {
  const [leftCounter, leftActor] = parseOperation(left)
  const [rightCounter, rightActor] = parseOperation(right)
  return leftCounter - rightCounter || compareText(leftActor, rightActor)
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
  const { kind, id, origin, sequence } = fold
  const actor = deriveActor(['fold', kind, id, origin, String(sequence), ...heads], sha256)
  const { bytes, registers, objects, size } = writeGenesis(handle, heads, actor)
  const genesis = Automerge.decodeChange(bytes).hash
  let mark: FoldMark = { origin, sequence, genesis, actor, size, objects, actors, registers, carried: {} }
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

function writeGenesis({ backend, shape, objects: before }: DocumentHandle, heads: string[], actor: string) {
  const nothing: string[] = []
  const objects: Record<string, string> = {}
  const registers: Record<string, string> = {}
  const ops: Operation[] = shape.maps.map((map) => ({ action: 'makeMap', obj: root, key: map, pred: nothing }))
  for (const [index, map] of shape.maps.entries()) {
    const object = before.get(map) ?? ''
    const obj = `${index + 1}@${actor}`
    objects[object] = obj
    for (const key of backend.keys(object, heads).sort(compareText)) {
      const found = backend.getAll(object, key, heads).map(([, value, name]) => ({ value, name: String(name) }))
      for (const { value, name } of found.sort((left, right) => compareOperations(left.name, right.name))) {
        ops.push({ action: 'set', obj, key, value: value as string, pred: nothing })
        registers[name] = `${ops.length}@${actor}`
      }
    }
  }
  const change = { actor, author: null, seq: 1, startOp: 1, time: 0, message: null, deps: nothing, ops }
  return { bytes: Automerge.encodeChange(change), registers, objects, size: ops.length }
}

/** A change that was made on the graph before the fold, as one on the graph after it; and the mark that remembers it. */
export function carryOver(
  mark: FoldMark,
  change: Uint8Array,
  sha256: Sha256,
): { readonly bytes: Uint8Array; readonly mark: FoldMark } {
  const decoded = Automerge.decodeChange(change)
  const { hash, seq, startOp, time, message } = decoded
  const actorOf = (actor: string) => deriveActor(['carried', mark.actor, actor], sha256)
  const rename = (operation: string): string | null => {
    const [counter, actor] = parseOperation(operation)
    const [, folded] = mark.actors[actor] ?? [0, 0]
    if (counter <= folded) return mark.registers[operation] ?? null
    return `${counter + mark.size}@${actorOf(actor)}`
  }
  const ops = decoded.ops.map((op): Operation => {
    const pred = op.pred.flatMap((operation) => rename(operation) ?? []).sort(compareOperations)
    if (op.action === 'del' && pred.length === 0)
      return { action: 'set', obj: root, key: placeholderKey, value: '', pred: [] }
    return { ...op, obj: mark.objects[op.obj] ?? op.obj, pred }
  })
  const deps = [...new Set(decoded.deps.flatMap((dep) => mark.carried[dep] ?? []))].sort(compareText)
  const [foldedChanges] = mark.actors[decoded.actor] ?? [0, 0]
  const bytes = Automerge.encodeChange({
    actor: actorOf(decoded.actor),
    author: null,
    seq: seq - foldedChanges,
    startOp: startOp + mark.size,
    time,
    message,
    deps: deps.length === 0 ? [mark.genesis] : deps,
    ops,
  })
  const carried = { ...mark.carried, [hash]: Automerge.decodeChange(bytes).hash }
  return { bytes, mark: { ...mark, carried } }
}

/** The document that came out of a fold. */
export function openFolded(shape: DocumentShape, { changes }: Folded, actor: string): DocumentHandle {
  return openChanges(shape, changes, actor)
}
