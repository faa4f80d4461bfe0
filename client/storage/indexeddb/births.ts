// Remembers, beside IndexedDB, that a database was there: browsers evict an origin's IndexedDB when the disk runs short,
// and a database that is then made anew looks like a first visit. Where the platform has no localStorage (workers), or
// throws it away in the same stroke, an eviction is not noticed here.

import { platformPorts } from '../../ports.ts'

export interface BirthRegister {
  /** What a database made now is called. */
  readonly next: string
  /** Whether another database than the one found (null: none) was here before. */
  isReplacing(found: string | null): boolean
  note(born: string): void
}

export function birthRegister(database: string): BirthRegister {
  const place = `${database}/born`
  return {
    next: platformPorts().newId(),
    isReplacing(found) {
      const noted = local()?.getItem(place) ?? null
      return noted !== null && noted !== found
    },
    note(born) {
      try {
        local()?.setItem(place, born)
      } catch {
        // A full localStorage costs the notice of a later eviction, and nothing else.
      }
    },
  }
}

function local(): Storage | null {
  try {
    return globalThis.localStorage ?? null
  } catch {
    // Where the person has switched it off, the mere mention throws.
    return null
  }
}
