// Changes a text inside a document (M1): in place where there is one, as splices of what it says now; a text that begins
// from nothing is made anew and takes the place of what stood there. Knows Automerge's low-level handle, no kind.

import type { getBackend } from '#automerge'
import type { HybridTime } from '../../clock/hybrid-clock.ts'
import type { RegionId } from '../../clock/origin.ts'
import { compareWritten, encodeRegister } from '../register.ts'
import { shownEdit, splicesOf } from './splices.ts'
import { readTextKey, type TextBirth, textEditKey, textKey } from './text-key.ts'

type Backend = ReturnType<typeof getBackend>

interface HeldText extends TextBirth {
  readonly key: string
  readonly object: string
}

/** The texts of a field: one, or several where regions began one at the same time. */
function textsOf(backend: Backend, map: string, field: string): readonly HeldText[] {
  return backend.keys(map).flatMap((key): readonly HeldText[] => {
    const birth = key.startsWith(textEditKey(field)) ? readTextKey(key) : null
    const [type, object] = birth === null ? [] : (backend.getWithType(map, key) ?? [])
    return birth !== null && type === 'text' ? [{ ...birth, key, object: String(object) }] : []
  })
}

/** `map`: Automerge's name of the map of fields. The same as `editText` of state.ts. */
export function writeText(
  backend: Backend,
  map: string,
  { field, text }: { readonly field: string; readonly text: string },
  time: HybridTime,
  region: RegionId,
): void {
  const held = textsOf(backend, map, field)
  const standing = [...held].sort(compareWritten).at(-1)
  const before = standing === undefined ? '' : backend.text(standing.object)
  if (before === text) return
  if (standing !== undefined && before !== '') {
    for (const { at, remove, insert } of splicesOf(before, text)) backend.splice(standing.object, at, remove, insert)
    backend.put(map, textEditKey(field), encodeRegister(shownEdit(before, text), time, region), 'str')
    return
  }
  for (const { key } of held) backend.delete(map, key)
  if (backend.getWithType(map, field) !== null) backend.delete(map, field)
  backend.putObject(map, textKey({ field, time, region }), text)
}
