// Which database this is (W8).

import { incarnationOf } from '@causeway/schema/clock/origin'
import type { Head } from './store.ts'

/** What tells one life of a database from another (W8). Constant for the memory store. */
export interface StoreIdentity {
  readonly systemIdentifier: string
  readonly timeline: number
  /** As stored when this region last began an incarnation; null before the first. */
  readonly known: { readonly systemIdentifier: string; readonly timeline: number } | null
}

/** Whether the region writes under this incarnation, or a later one, of this very database. */
export function isBegun(
  { systemIdentifier, timeline, known }: StoreIdentity,
  { origin }: Pick<Head, 'origin'>,
  incarnation: number,
): boolean {
  const isKnown = known?.systemIdentifier === systemIdentifier && known.timeline === timeline
  return isKnown && incarnationOf(origin) >= incarnation
}
