// A document's state after edits, without the document: what a command's successors in the same flush see, and what a
// device shows. The same as writing the edits and reading the document back. Knows no kind.

import type { HybridTime } from '../clock/hybrid-clock.ts'
import type { RegionId } from '../clock/origin.ts'
import { policyOf } from './conflicts/custom.ts'
import type { DocumentState, Edit, Register } from './document.ts'
import { lastOf, sortRegisters } from './register.ts'
import { shownEdit } from './text/splices.ts'
import { textEditKey } from './text/text-key.ts'

/** A put takes the place of every value that the writer sees at the key; a removal takes the key away. */
export function editState(
  state: DocumentState,
  edits: readonly Edit[],
  time: HybridTime,
  region: RegionId,
  kind: string,
): DocumentState {
  const edited: Record<string, Readonly<Record<string, readonly Register[]>>> = { ...state }
  const copied = new Map<string, Map<string, readonly Register[]>>()
  for (const edit of edits) {
    const entries = copied.get(edit.map) ?? new Map(Object.entries(state[edit.map] ?? {}))
    copied.set(edit.map, entries)
    if ('text' in edit) editText(entries, edit.key, edit.text, time, region)
    else if ('remove' in edit) entries.delete(edit.key)
    else {
      const policy = policyOf(kind, edit.map, edit.key)
      entries.set(edit.key, [{ value: edit.value, time, region, ...(policy !== undefined && { policy }) }])
    }
  }
  for (const [map, entries] of copied) {
    if (entries.size === 0) delete edited[map]
    else edited[map] = Object.fromEntries(entries)
  }
  return edited
}

/** A text that stands changes where it stands; one that begins from nothing takes the place of all others. */
function editText(
  entries: Map<string, readonly Register[]>,
  field: string,
  text: string,
  time: HybridTime,
  region: RegionId,
): void {
  const registers = entries.get(field) ?? []
  const standing = lastOf(registers)
  const before = typeof standing?.value === 'string' ? standing.value : ''
  if (before === text) return
  if (standing === undefined || before === '') {
    entries.set(field, [{ value: text, time, region }])
    return
  }
  const changed = registers.map((register) => (register === standing ? { ...standing, value: text } : register))
  entries.set(field, sortRegisters(changed))
  entries.set(textEditKey(field), [{ value: shownEdit(before, text), time, region }])
}
