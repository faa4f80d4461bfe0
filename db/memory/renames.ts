// Commits of the log in memory that stand under other names from now on (C6).

import { assertGone, type Renamed } from '../renamed.ts'
import type { StoredCommit } from '../store.ts'
import type { MemoryDatabase } from './database.ts'

/** The log and its order as they will be; null where nothing is renamed. */
export function stageRenames(
  { commits, ordered, floor }: Pick<MemoryDatabase, 'commits' | 'ordered' | 'floor'>,
  renames: readonly Renamed[],
): [StoredCommit[], StoredCommit[]] | null {
  if (renames.length === 0) return null
  const names = new Map<number, string>()
  for (const renamed of renames) {
    const { from, to, sequences } = renamed
    const missing = new Set<number>()
    for (const sequence of sequences) {
      const found = commits.find(
        ({ position, commit }) => commit.lastSequence === sequence && (names.get(position) ?? commit.origin) === from,
      )
      if (found === undefined) missing.add(sequence)
      else names.set(found.position, to)
    }
    assertGone(renamed, missing, floor)
  }
  const rename = (stored: StoredCommit): StoredCommit => {
    const origin = names.get(stored.position)
    return origin === undefined ? stored : { ...stored, commit: { ...stored.commit, origin } }
  }
  return [commits.map(rename), ordered.map(rename)]
}
