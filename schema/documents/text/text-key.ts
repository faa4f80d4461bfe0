// Under which keys the texts of a document lie. Each text that begins from nothing is an Automerge text of its own, at a
// key that names its field and says when and where it began: no two are ever made at one key, of which Automerge would
// hide one. Beside it a register says who last changed it, for a splice says neither when nor where. Pure names.

import { formatTime, type HybridTime, parseTime } from '../../clock/hybrid-clock.ts'
import { isRegionId, type RegionId } from '../../clock/origin.ts'

export interface TextBirth {
  /** The field that it is a text of. */
  readonly field: string
  readonly time: HybridTime
  readonly region: RegionId
}

/** The map whose fields may be texts. */
export const textMap = 'fields'

/** No field's own name holds it. */
const separator = '@'

export function textKey({ field, time, region }: TextBirth): string {
  return [field, formatTime(time), region].join(separator)
}

/** Of the register that is put beside every change of a text. */
export function textEditKey(field: string): string {
  return field + separator
}

/** The field whose text-edit register lies at a key; null where none does. */
export function fieldOfEdit(key: string): string | null {
  return key.length > 1 && key.indexOf(separator) === key.length - 1 ? key.slice(0, -1) : null
}

/** Null where no text lies at such a key. */
export function readTextKey(key: string): TextBirth | null {
  const [field, time, region, ...rest] = key.split(separator)
  if (!field || !time || region === undefined || rest.length > 0 || !isRegionId(region)) return null
  try {
    return { field, time: parseTime(time), region }
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}
