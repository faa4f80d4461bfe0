// What one Automerge change says: which fields and rules it touches, where and when it was written. Read from the bytes
// that its commit carried; knows no document.

import { decodeChange } from '#automerge'
import type { HybridTime } from '../../clock/hybrid-clock.ts'
import type { RegionId } from '../../clock/origin.ts'
import type { Json } from '../../json.ts'
import type { DocumentKind } from '../document.ts'
import { decodeRegister } from '../register.ts'
import type { Operation } from '../text/operation.ts'
import { fieldOfEdit, readTextKey, textMap } from '../text/text-key.ts'
import type { Touch } from './policies.ts'
import { touchField, touchText } from './touches.ts'

export interface ChangeContent {
  readonly touches: readonly Touch[]
  readonly time: HybridTime
  readonly region: RegionId
}

/**
 * `maps`: Automerge's name of each map → its name. A change that only removes does not tell when; no command makes one
 * (each puts a register beside its removals), and it is taken to touch nothing.
 */
export function readContent(
  kind: Pick<DocumentKind<unknown>, 'touches'>,
  maps: ReadonlyMap<string, string>,
  change: Uint8Array,
): ChangeContent | null {
  const { ops, startOp, actor } = decodeChange(change)
  const written = new Map<
    string,
    { readonly map: string; readonly key: string; readonly value: Json | undefined; readonly policy?: string }
  >()
  const texts: Touch[] = []
  let stamp: Pick<ChangeContent, 'time' | 'region'> | null = null
  for (const [index, { action, obj, key, value }] of ops.entries()) {
    const map = maps.get(obj)
    if (map === undefined || key === undefined) continue
    const edited = map === textMap ? fieldOfEdit(key) : null
    if (action === 'set' && typeof value === 'string') {
      const register = decodeRegister(value)
      stamp ??= { time: register.time, region: register.region }
      if (edited === null) written.set(`${map}\n${key}`, { map, key, ...register })
      else texts.push(touchText(edited, register))
    } else if (action === 'makeText') {
      const birth = readTextKey(key)
      if (birth === null) continue
      stamp ??= { time: birth.time, region: birth.region }
      texts.push(...touchField(birth.field, textWritten(ops, `${startOp + index}@${actor}`, { startOp, actor })))
    } else if (action === 'del' && !(map === textMap && readTextKey(key) !== null))
      written.set(`${map}\n${key}`, { map, key, value: undefined })
  }
  if (stamp === null) return null
  const touches = [...written.values()].flatMap(({ map, key, value, policy }) =>
    kind.touches(map, key, value).map((touch) => (policy === undefined ? touch : { ...touch, policy })),
  )
  return { touches: [...touches, ...texts], ...stamp }
}

/** What a change has put into a text that it began, less what it took out again. */
function textWritten(
  ops: readonly Operation[],
  text: string,
  { startOp, actor }: { readonly startOp: number; readonly actor: string },
): string {
  const elements: { readonly name: string; readonly value: string }[] = []
  for (const [index, { action, obj, elemId = '', insert, value }] of ops.entries()) {
    if (obj !== text) continue
    // Nearly always after the last one.
    const isLast = elements.at(-1)?.name === elemId
    const after = isLast ? elements.length - 1 : elements.findIndex(({ name }) => name === elemId)
    if (action === 'del') elements.splice(after, after < 0 ? 0 : 1)
    else if (insert === true)
      elements.splice(after + 1, 0, { name: `${startOp + index}@${actor}`, value: String(value) })
  }
  return elements.map(({ value }) => value).join('')
}
