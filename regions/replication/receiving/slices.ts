// How much of what the causal gate has handed on is applied in one transaction. That holds the head's lock (W7), for which the
// commands of every node of the region wait, so a region that catches up takes its turn with them. Pure.

import type { SealedCommit } from '@causeway/schema/commit/commit'

export interface SliceLimits {
  readonly maximumCommits: number
  readonly maximumBytes: number
}

export const defaultSliceLimits: SliceLimits = Object.freeze({ maximumCommits: 256, maximumBytes: 512 * 1024 })

/** The first of `commits` that fit within the limits, and at least one. */
export function firstSlice(
  commits: readonly SealedCommit[],
  { maximumCommits, maximumBytes }: SliceLimits = defaultSliceLimits,
): readonly SealedCommit[] {
  let bytes = 0
  let count = 0
  for (const commit of commits) {
    bytes += commit.bytes.length
    if (count > 0 && (count === maximumCommits || bytes > maximumBytes)) break
    count += 1
  }
  return count === commits.length ? commits : commits.slice(0, count)
}
