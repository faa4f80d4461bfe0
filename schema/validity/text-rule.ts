// The operations of a change on the texts of a document: characters that come and go, texts that begin, and the register
// that says who has changed one (M1). Knows no document: whether the text is there shows when the change is applied.

import { compareTimes, type HybridTime } from '../clock/hybrid-clock.ts'
import type { RegionId } from '../clock/origin.ts'
import type { DocumentKind } from '../documents/document.ts'
import type { Operation } from '../documents/text/operation.ts'
import { fieldOfEdit, readTextKey, textMap } from '../documents/text/text-key.ts'
import { isObject, isText } from './flaw.ts'

/** Where and when a commit was written. */
export interface Written {
  readonly time: HybridTime
  readonly region: RegionId
}

/** Several commands of one flush may each replace a text of the greatest length. */
export const maximumTextOperations = 1_000_000
/** One character, as Automerge tells them apart: a surrogate pair at most. */
const maximumUnits = 2
const maximumShown = 1_000

export function isWritten(said: Written, { time, region }: Written): boolean {
  return compareTimes(said.time, time) === 0 && said.region === region
}

/** One character comes, or goes; none is changed in its place. */
export function isTextOperation({ action, insert, value }: Operation): boolean {
  return action === 'del' || (action === 'set' && insert === true && isText(value, maximumUnits))
}

export function isNewText({ texts }: DocumentKind<unknown>, map: string, key: string, written: Written): boolean {
  const birth = map === textMap ? readTextKey(key) : null
  return birth !== null && texts.includes(birth.field) && isWritten(birth, written)
}

export function isTextEdit({ texts }: DocumentKind<unknown>, map: string, key: string, value: unknown): boolean {
  const field = map === textMap ? fieldOfEdit(key) : null
  if (field === null || !texts.includes(field) || !isObject(value)) return false
  return isText(value.removed, maximumShown, 0) && isText(value.put, maximumShown, 0)
}
