// Incidents and evidence in memory.

import {
  type Evidence,
  type HeldCommit,
  type Incident,
  type IncidentQuery,
  type Incidents,
  maximumHeldFor,
} from '../integrity.ts'
import type { MemoryDatabase } from './database.ts'

type WhileOpen = <Result>(work: () => Result) => Promise<Result>

function isBefore(one: Pick<Incident, 'atMs' | 'id'>, other: Pick<Incident, 'atMs' | 'id'>): boolean {
  return one.atMs === other.atMs ? one.id < other.id : one.atMs < other.atMs
}

function listIn({ incidents }: MemoryDatabase, { first, after, open }: IncidentQuery): readonly Incident[] {
  return [...incidents.values()]
    .filter((one) => (open === null || (one.resolved === null) === open) && (after === null || isBefore(one, after)))
    .sort((one, other) => (isBefore(one, other) ? 1 : -1))
    .slice(0, first)
}

export function createMemoryIncidents(database: MemoryDatabase, whileOpen: WhileOpen): Incidents {
  const { incidents } = database
  return {
    raise: (incident) =>
      whileOpen(() => {
        if (incidents.has(incident.id)) return false
        incidents.set(incident.id, { ...incident, resolved: null })
        return true
      }),
    find: (id) => whileOpen(() => incidents.get(id) ?? null),
    list: (query) => whileOpen(() => listIn(database, query)),
    resolve: (id, atMs, note) =>
      whileOpen(() => {
        const incident = incidents.get(id)
        if (incident === undefined) return null
        const resolved = { ...incident, resolved: incident.resolved ?? { atMs, note } }
        incidents.set(id, resolved)
        return resolved
      }),
  }
}

function keyOf({ origin, hash }: Pick<HeldCommit, 'origin' | 'hash'>): string {
  return `${origin} ${Buffer.from(hash).toString('hex')}`
}

/** By origin and sequence; of two at one sequence, by hash. */
function compareHeld(one: HeldCommit, other: HeldCommit): number {
  if (one.origin !== other.origin) return one.origin < other.origin ? -1 : 1
  return one.firstSequence - other.firstSequence || Buffer.compare(one.hash, other.hash)
}

export function createMemoryEvidence({ held }: MemoryDatabase, whileOpen: WhileOpen): Evidence {
  return {
    hold: (commit) =>
      whileOpen(() => {
        const { origin, heldFor } = commit
        const others = [...held.values()].filter((one) => one.origin === origin && one.heldFor === heldFor).length
        if (held.has(keyOf(commit)) || others >= maximumHeldFor(heldFor)) return false
        held.set(keyOf(commit), commit)
        return true
      }),
    held: () => whileOpen(() => [...held.values()].sort(compareHeld)),
    release: (origin, hash) => whileOpen(() => void held.delete(keyOf({ origin, hash }))),
  }
}
