// The history of a region in memory: the same steps as in Postgres. An archived commit stays where it is, for what is
// compressed there looks the same to every reader; only what is dropped goes.

import { compareTimes } from '@causeway/schema/clock/hybrid-clock'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { isBranch } from '@causeway/schema/commit/branch'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import {
  type ArchiveStep,
  type Foldable,
  type FoldableRequest,
  type History,
  type HistorySize,
  leastFoldBytes,
  type OutcomesRequest,
} from '../history.ts'
import { laterPlace, raiseFloor } from '../log-floor.ts'
import { movable } from '../movable.ts'
import { compareText } from '../order.ts'
import type { LogPlace, StoredCommit } from '../store.ts'
import { documentKey } from '../write-set.ts'
import type { DocumentEntry, MemoryDatabase } from './database.ts'
import { compareRefs, sequenceAtIn } from './reads.ts'
import { keepForViews } from './views.ts'

/** The position of the last commit that is not in the log at hand any more. */
export function archivedThrough(database: MemoryDatabase): number {
  return database.segments.at(-1) ?? database.floor.position
}

function sizeOf(commits: readonly StoredCommit[]): number {
  return commits.reduce((sum, { commit }) => sum + commit.bytes.length, 0)
}

function archive(database: MemoryDatabase, request: Parameters<History['archive']>[0]): ArchiveStep {
  const logged = database.commits.slice(archivedThrough(database) - database.floor.position)
  const commits = movable(logged, request)
  const last = commits.at(-1)
  if (last !== undefined) database.segments.push(last.position)
  return { commits: commits.length, bytes: sizeOf(commits) }
}

function dropSegment(database: MemoryDatabase, before: Parameters<History['dropSegment']>[0]): boolean {
  const [end] = database.segments
  if (end === undefined) return false
  const gone = database.commits.slice(0, end - database.floor.position)
  const through: Record<string, number> = {}
  let last: LogPlace | null = null
  for (const { commit } of gone) {
    // What stands beside an origin's log nobody asks for by a vector (C6).
    if (!isBranch(commit.origin)) through[commit.origin] = commit.lastSequence
    last = laterPlace(last, { time: commit.time, origin: commit.origin })
  }
  if (last === null || compareTimes(last.time, before) >= 0) return false
  database.segments.shift()
  database.commits = database.commits.slice(gone.length)
  database.ordered = database.ordered.filter(({ position }) => position > end)
  database.floor = raiseFloor(database.floor, end, through satisfies VersionVector, last)
  return true
}

function outcomesOf(
  database: MemoryDatabase,
  { origin, commands, after, limit }: OutcomesRequest,
): readonly KnownOutcome[] {
  return [...database.outcomes.values()]
    .flatMap((byOrigin) => byOrigin.get(origin) ?? [])
    .filter(({ accepted, command }) => accepted && commands.includes(command))
    .filter(({ key }) => after === null || compareText(key, after) > 0)
    .sort((left, right) => compareText(left.key, right.key))
    .slice(0, limit)
}

function pruneOutcomes(database: MemoryDatabase, request: Parameters<History['pruneOutcomes']>[0]): number {
  const { stable, before, limit } = request
  let count = 0
  for (const [key, byOrigin] of database.outcomes) {
    for (const [origin, { sequence, time }] of byOrigin) {
      if (count === limit) return count
      if (sequence > sequenceOf(stable, origin) || compareTimes(time, before) >= 0) continue
      byOrigin.delete(origin)
      count += 1
    }
    if (byOrigin.size === 0) database.outcomes.delete(key)
  }
  return count
}

function foldable(database: MemoryDatabase, request: FoldableRequest): readonly Foldable[] {
  const { stable, minimumBytes, growth, after, limit } = request
  const logged = database.commits.slice(archivedThrough(database) - database.floor.position)
  const isMoving = ({ commit }: StoredCommit) => commit.lastSequence > sequenceOf(stable, commit.origin)
  const moving = new Set(logged.filter(isMoving).flatMap(({ touched }) => touched))
  const isFoldable = ({ document, snapshot, superseded }: DocumentEntry) => {
    const bytes = snapshot?.length ?? 0
    if (bytes <= Math.max(leastFoldBytes, minimumBytes) || superseded !== null) return false
    return bytes > growth * JSON.stringify(document.state).length && !moving.has(documentKey(document))
  }
  return [...database.documents.values()]
    .filter(isFoldable)
    .map(({ document: { kind, id, heads } }) => ({ kind, id, heads }))
    .filter((document) => after === null || compareRefs(document, after) > 0)
    .sort(compareRefs)
    .slice(0, limit)
}

function size(database: MemoryDatabase): HistorySize {
  const archived = database.commits.slice(0, archivedThrough(database) - database.floor.position)
  const archivedBytes = sizeOf(archived)
  return {
    logCommits: database.commits.length - archived.length,
    logBytes: sizeOf(database.commits) - archivedBytes,
    archivedSegments: database.segments.length,
    archivedCommits: archived.length,
    archivedBytes,
    storedBytes: archivedBytes,
    outcomes: [...database.outcomes.values()].reduce((sum, byOrigin) => sum + byOrigin.size, 0),
  }
}

export function createMemoryHistory(
  database: MemoryDatabase,
  whileOpen: <Result>(work: () => Result) => Promise<Result>,
): History {
  return {
    floor: () => whileOpen(() => database.floor),
    archive: (request) => whileOpen(() => archive(database, request)),
    dropSegment: (before) =>
      whileOpen(() => {
        keepForViews(database)
        return dropSegment(database, before)
      }),
    sequenceAt: (place) => whileOpen(() => sequenceAtIn(database, place)),
    foldable: (request) => whileOpen(() => foldable(database, request)),
    outcomesOf: (request) => whileOpen(() => outcomesOf(database, request)),
    pruneOutcomes: (request) => whileOpen(() => pruneOutcomes(database, request)),
    size: () => whileOpen(() => size(database)),
  }
}
