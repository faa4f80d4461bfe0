// Which of the oldest commits of the log may move to the archive in one step. Pure; the same for both stores.

import { compareTimes } from '@causeway/schema/clock/hybrid-clock'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import { isBranch } from '@causeway/schema/commit/branch'
import { type ArchiveRequest, segmentBytes, segmentCommits } from './history.ts'
import type { StoredCommit } from './store.ts'

/**
 * `oldest`: the beginning of the log, more of it than makes a segment, or all. Commits beside an origin's own log (C6) are pulled
 * by nobody: they need not be stable.
 */
export function movable(oldest: readonly StoredCommit[], request: ArchiveRequest): readonly StoredCommit[] {
  const { stable, before, smallBefore } = request
  const commits: StoredCommit[] = []
  let bytes = 0
  for (const stored of oldest) {
    const { commit } = stored
    const isStable = isBranch(commit.origin) || sequenceOf(stable, commit.origin) >= commit.lastSequence
    if (!isStable || compareTimes(commit.time, before) >= 0) break
    commits.push(stored)
    bytes += commit.bytes.length
    if (commits.length === segmentCommits || bytes >= segmentBytes) return commits
  }
  const first = commits[0]
  return first !== undefined && compareTimes(first.commit.time, smallBefore) < 0 ? commits : []
}
