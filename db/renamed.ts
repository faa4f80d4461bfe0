// Commits of the log that stand under another name than they did: an origin that has signed two logs goes on with the other one
// of them (C6).

import type { LogFloor } from './history.ts'

/** Commits of one origin or branch, by last sequence. */
export interface Renamed {
  readonly from: string
  readonly to: string
  readonly sequences: readonly number[]
}

/** What the log no longer reaches back to is gone, and needs no name. While all of it is held nothing may be missing. */
export function assertGone({ from, to }: Renamed, missing: ReadonlySet<number>, { position }: LogFloor): void {
  if (missing.size > 0 && position === 0)
    throw new Error(`commits ${[...missing].join(', ')} of ${from}, which are to be called ${to}, are not at hand`)
}
