// Who wrote a document change, as its bytes say: an Automerge actor that begins with a mark of the origin. So nobody can
// write under the actor of another origin, where two changes of one number would wedge the document.

import type { Origin } from '../clock/origin.ts'
import { ByteWriter } from '../commit/bytes.ts'
import { toHex } from '../hex.ts'
import type { Sha256 } from './change-bytes.ts'

/** Hex digits of an actor, and of the mark that it begins with. */
export const actorDigits = 32
const markDigits = 16
const maximumMarks = 1_000

const marks = new Map<Origin, string>()

function markOf(origin: Origin, sha256: Sha256): string {
  const known = marks.get(origin)
  if (known !== undefined) return known
  const text = new ByteWriter()
  text.rawText(`actor of ${origin}`)
  const mark = toHex(sha256(text.view())).slice(0, markDigits)
  if (marks.size >= maximumMarks) marks.clear()
  marks.set(origin, mark)
  return mark
}

/** `fresh` is 32 hex digits that no other process draws. */
export function actorOf(origin: Origin, fresh: string, sha256: Sha256): string {
  return markOf(origin, sha256) + fresh.slice(markDigits, actorDigits)
}

export function isActorOf(actor: string, origin: Origin, sha256: Sha256): boolean {
  return actor.length === actorDigits && actor.startsWith(markOf(origin, sha256))
}
