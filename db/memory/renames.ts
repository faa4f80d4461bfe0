// Commits of the log in memory that stand under other names from now on (C6).

import type { Renamed } from '../renamed.ts'
import type { StoredCommit } from '../store.ts'
import type { MemoryDatabase } from './database.ts'

/** The log and its order as they will be; null where nothing is renamed. */
export function stageRenames(
  { commits, ordered }: Pick<MemoryDatabase, 'commits' | 'ordered'>,
  renames: readonly Renamed[],
): [StoredCommit[], StoredCommit[]] | null {
  if (renames.length === 0) return null
  const names = new Map<number, string>()
  for (const { from, to, sequences } of renames) {
    for (const sequence of sequences) {
      const found = commits.find(
        ({ position, commit }) => commit.lastSequence === sequence && (names.get(position) ?? commit.origin) === from,
      )
      if (found === undefined) throw new Error(`commit ${from}:${sequence}, which is to be renamed, is not at hand`)
      names.set(found.position, to)
    }
  }
  const rename = (stored: StoredCommit): StoredCommit => {
    const origin = names.get(stored.position)
    return origin === undefined ? stored : { ...stored, commit: { ...stored.commit, origin } }
  }
  return [commits.map(rename), ordered.map(rename)]
}
