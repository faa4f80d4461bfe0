// How kinds made of registers say what a change of theirs touches: a field, or an element of a set or map. Knows no kind.

import { formatTime } from '../../clock/hybrid-clock.ts'
import type { Json } from '../../json.ts'
import type { Register } from '../document.ts'
import type { PolicyName, Touch } from './policies.ts'

/** Registers that say when, not what: nobody is told that two regions wrote one at the same time. */
const silent: ReadonlySet<string> = new Set(['revised'])

/** A field of the map `fields`, under its own name. */
export function touchField(key: string, value: Json | undefined, policy: PolicyName = 'last-writer'): readonly Touch[] {
  return silent.has(key) ? [] : [touch(key, value, policy)]
}

/** An element of a set or map, under the map's name and its key. */
export function touchElement(map: string, key: string, value: Json | undefined): readonly Touch[] {
  return [touch(`${map}/${key}`, value, 'add-wins')]
}

/** An edit of a text, as the register beside it tells. Two that put the same both stand, so they never say the same. */
export function touchText(field: string, { value, time, region }: Register): Touch {
  return { path: field, policy: 'text-merge' satisfies PolicyName, mark: `${formatTime(time)} ${region}`, value }
}

function touch(path: string, value: Json | undefined, policy: PolicyName): Touch {
  return { path, policy, mark: value === undefined ? 'removed' : JSON.stringify(value), value: value ?? null }
}
