// What one Automerge change says: which fields and rules it touches, where and when it was written. Read from the bytes
// that its commit carried; knows no document.

import { decodeChange } from '#automerge'
import type { HybridTime } from '../../clock/hybrid-clock.ts'
import type { RegionId } from '../../clock/origin.ts'
import type { Json } from '../../json.ts'
import type { DocumentKind } from '../document.ts'
import { decodeRegister } from '../register.ts'
import type { Touch } from './policies.ts'

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
  const written = new Map<
    string,
    { readonly map: string; readonly key: string; readonly value: Json | undefined; readonly policy?: string }
  >()
  let stamp: Pick<ChangeContent, 'time' | 'region'> | null = null
  for (const { action, obj, key, value } of decodeChange(change).ops) {
    const map = maps.get(obj)
    if (map === undefined || key === undefined) continue
    if (action === 'set' && typeof value === 'string') {
      const register = decodeRegister(value)
      stamp ??= { time: register.time, region: register.region }
      written.set(`${map}\n${key}`, { map, key, ...register })
    } else if (action === 'del') written.set(`${map}\n${key}`, { map, key, value: undefined })
  }
  if (stamp === null) return null
  const touches = [...written.values()].flatMap(({ map, key, value, policy }) =>
    kind.touches(map, key, value).map((touch) => (policy === undefined ? touch : { ...touch, policy })),
  )
  return { touches, ...stamp }
}
