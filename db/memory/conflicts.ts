// The conflict log in memory: the same pairs stay, and are found in the same order, as in Postgres.

import {
  type ConflictPair,
  comparePairs,
  keepNewest,
  pathKey,
  placeOf,
} from '@causeway/schema/documents/conflicts/conflict'
import type { ConflictLog, ConflictQuery } from '../conflicts.ts'
import type { MemoryDatabase } from './database.ts'

export function putConflicts(database: MemoryDatabase, pairs: readonly ConflictPair[]): void {
  const touched = new Set(pairs.map(pathKey))
  const known = [...touched].flatMap((key) => database.conflicts.get(key) ?? [])
  for (const key of touched) database.conflicts.delete(key)
  for (const pair of [...keepNewest([...known, ...pairs])].sort(comparePairs)) {
    const key = pathKey(pair)
    database.conflicts.set(key, [...(database.conflicts.get(key) ?? []), pair])
  }
}

/** The newest last. */
function all(database: MemoryDatabase): readonly ConflictPair[] {
  return [...database.conflicts.values()].flat().sort(comparePairs)
}

function newest(database: MemoryDatabase, { document, after, limit }: ConflictQuery): readonly ConflictPair[] {
  return [...all(database)]
    .reverse()
    .filter((pair) => document === undefined || pair.document === document)
    .filter((pair) => after === null || placeOf(pair) < after)
    .slice(0, limit)
}

function scan(database: MemoryDatabase, after: string | null, limit: number) {
  const rest = all(database).filter((pair) => after === null || placeOf(pair) > after)
  const rows = rest.slice(0, limit)
  const last = rows.at(-1)
  return { rows, next: rest.length > limit && last !== undefined ? placeOf(last) : null }
}

export function createMemoryConflicts(
  database: MemoryDatabase,
  whileOpen: <Result>(work: () => Result) => Promise<Result>,
): ConflictLog {
  return {
    newest: (query) => whileOpen(() => newest(database, query)),
    at: (paths) =>
      whileOpen(() => {
        const keys = new Set(paths.map(pathKey))
        return [...keys].flatMap((key) => database.conflicts.get(key) ?? []).sort(comparePairs)
      }),
    find: (id) => whileOpen(() => all(database).find((pair) => pair.id === id) ?? null),
    count: () => whileOpen(() => all(database).length),
    scan: (after, limit) => whileOpen(() => scan(database, after, limit)),
  }
}
