// Folds of one document that did not know of each other, as regions make them whose configured members differ. The lowest (time,
// region) stands, in whatever order they come. What was written on the graph of another one meanwhile is moved to the graph of
// the one that stands: the same bytes everywhere. Knows no store.

import * as Automerge from '#automerge'
import { decodeBase64url, encodeBase64url } from '../../clock/base64url.ts'
import { regionOf } from '../../clock/origin.ts'
import { closeDocument, type DocumentHandle, type DocumentShape, openDocument } from '../automerge.ts'
import type { Sha256 } from '../change-bytes.ts'
import { compareWritten } from '../register.ts'
import { carryOver, type Folded, foldDocument } from './fold.ts'
import type { Fold, FoldMark, Rival } from './mark.ts'
import { Mover } from './moving.ts'

interface Member {
  mark: FoldMark
  readonly authors: readonly string[]
  /** As commits have them, causes first. */
  readonly changes: readonly Uint8Array[]
}

/** A document as it stands after a fold. */
export interface Standing {
  readonly handle: DocumentHandle
  readonly mark: FoldMark
  /** The history that it folded, whole. */
  readonly superseded: Uint8Array
}

/** A fold of the history that the standing one has folded, too. The changes are null where the standing one still stands. */
export function meetRival(
  shape: DocumentShape,
  { handle, mark, superseded }: Standing,
  fold: Fold,
  actor: string,
  sha256: Sha256,
): { readonly mark: FoldMark; readonly changes: Folded['changes'] | null } {
  const { kind, id } = fold
  const foldOf = ({ origin, sequence, time, heads }: FoldMark): Fold => ({ kind, id, origin, sequence, time, heads })
  const met = [
    { fold: foldOf(mark), changes: writtenOn(handle, mark) },
    ...(mark.rivals ?? []).map((rival) => ({ fold: foldOf(rival.mark), changes: rival.changes.map(toBytes) })),
    { fold, changes: [] },
  ].sort((left, right) => compareFolds(left.fold, right.fold))
  const before = openDocument(shape, { snapshot: superseded, changes: [] }, actor)
  const built: Uint8Array[][] = []
  const family: Member[] = []
  try {
    for (const each of met) {
      const folded = foldDocument(before, each.fold, sha256)
      built.push([...folded.changes])
      family.push({ mark: folded.mark, authors: authorsOf(each.changes), changes: each.changes })
    }
  } finally {
    closeDocument(before)
  }
  const mover = new Mover(family, sha256)
  const changes = built[0] ?? []
  // What stands on a change of a higher fold is written by who knew a lower one: the highest go first.
  for (let from = family.length - 1; from > 0; from -= 1)
    for (const change of family[from]?.changes ?? []) changes.push(moveDown(family, mover, from, change))
  const stands = met[0]?.fold.origin === mark.origin && met[0].fold.sequence === mark.sequence
  return { mark: markOf(family), changes: stands ? null : changes }
}

/** A change written on the graph of a rival, as one of the graph that stands. */
export function moveFromRival(
  mark: FoldMark,
  rival: number,
  change: Uint8Array,
  sha256: Sha256,
): { readonly bytes: Uint8Array; readonly mark: FoldMark } {
  const rivals = (mark.rivals ?? []).map((each, index): Member => {
    const changes = each.changes.map(toBytes)
    if (index !== rival) return { ...each, changes }
    const { actor, hash } = Automerge.decodeChange(change)
    const authors = each.authors.includes(actor) ? each.authors : [...each.authors, actor]
    // A unit may come from several regions, and counts once.
    return { mark: each.mark, authors, changes: hash in mark.carried ? changes : [...changes, change] }
  })
  const family: Member[] = [{ mark, authors: [], changes: [] }, ...rivals]
  const bytes = moveDown(family, new Mover(family, sha256), rival + 1, change)
  return { bytes, mark: markOf(family) }
}

/** A change made before the fold, and before its rivals, as one after it. */
export function carryOverAll(mark: FoldMark, change: Uint8Array, sha256: Sha256): ReturnType<typeof carryOver> {
  const carried = carryOver(mark, change, sha256)
  if (mark.rivals === undefined) return carried
  const rivals = mark.rivals.map((rival): Rival => ({ ...rival, mark: carryOver(rival.mark, change, sha256).mark }))
  return { bytes: carried.bytes, mark: { ...carried.mark, rivals } }
}

/** To every lower graph, for what is written there may stand on it; the bytes for the lowest. */
function moveDown(family: Member[], mover: Mover, from: number, change: Uint8Array): Uint8Array {
  let lowest = change
  for (let to = from - 1; to >= 0; to -= 1) {
    const member = family[to]
    if (member === undefined) throw new RangeError(`no fold ${to}`)
    const { hash, bytes } = mover.move(change, from, to)
    const carried = { ...member.mark.carried, [hash]: Automerge.decodeChange(bytes).hash }
    member.mark = { ...member.mark, carried }
    lowest = bytes
  }
  return lowest
}

function markOf([lowest, ...others]: readonly Member[]): FoldMark {
  if (lowest === undefined) throw new RangeError('no fold')
  const rivals = others.map(({ mark, authors, changes }): Rival => {
    return { mark, authors, changes: changes.map(encodeBase64url) }
  })
  return { ...lowest.mark, rivals }
}

/** The changes that were written on a fold's own graph, causes first. */
function writtenOn({ backend, shape }: DocumentHandle, { genesis, carried }: FoldMark): readonly Uint8Array[] {
  const others = new Set([genesis, ...Object.values(carried)])
  return backend.getChangesMeta([]).flatMap(({ hash }) => {
    if (others.has(hash)) return []
    const change = backend.getChangeByHash(hash)
    if (change === null) throw new RangeError(`a ${shape.name} has lost its change ${hash}`)
    return [change]
  })
}

function authorsOf(changes: readonly Uint8Array[]): readonly string[] {
  return [...new Set(changes.map((change) => Automerge.decodeChange(change).actor))]
}

function compareFolds(left: Fold, right: Fold): number {
  return compareWritten(
    { time: left.time, region: regionOf(left.origin) },
    { time: right.time, region: regionOf(right.origin) },
  )
}

function toBytes(text: string): Uint8Array {
  const bytes = decodeBase64url(text)
  if (bytes === undefined) throw new RangeError('a change of a rival is not readable')
  return bytes
}
