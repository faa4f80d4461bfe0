// Gathers what remote commits change in documents, per document and in order, and what this origin owes for the facts
// it learns from them. Pure.

import type { Obligation, StoredDocument } from '@causeway/db/store'
import { type Origin, regionOf } from '@causeway/schema/clock/origin'
import { advance, emptyVector, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { Commit } from '@causeway/schema/commit/commit'
import { emptyState } from '@causeway/schema/documents/document'
import { absorbFacts } from '@causeway/schema/documents/facts'
import { type Fold, foldsOf } from '@causeway/schema/documents/folding/mark'
import type { Entry } from '@causeway/schema/documents/folding/replay'
import { factObligations } from '@causeway/schema/documents/lease/obligations'
import { factKindOf } from '@causeway/schema/documents/registry'
import { ownedKinds, unitApplied } from '@causeway/schema/documents/units/unit'
import type { RemoteChanges } from './build-documents.ts'
import { requireKind } from './workspace.ts'

export interface Gathered {
  readonly remotes: readonly RemoteChanges[]
  readonly obligations: readonly Omit<Obligation, 'number'>[]
}

interface Gathering {
  readonly kind: string
  readonly id: string
  readonly before: StoredDocument | null
  readonly changes: Uint8Array[]
  readonly entries: Entry[]
  stateFromFacts: StoredDocument['state'] | null
}

/** `owners`: the origin that applies them, and those that it has taken over. `frontier`: with the commits. */
export function gatherDocuments(
  owners: readonly Origin[],
  commits: readonly { readonly commit: Commit }[],
  held: ReadonlyMap<string, StoredDocument>,
  frontier: VersionVector = emptyVector,
): Gathered {
  const remotes = new Map<string, Gathering>()
  const obligations: Omit<Obligation, 'number'>[] = []
  const gather = (kind: string, id: string): Gathering => {
    const key = `${kind}/${id}`
    const before = held.get(key) ?? null
    const stateFromFacts = requireKind(kind).factsOnly ? (before?.state ?? emptyState) : null
    const known = remotes.get(key)
    const remote = known ?? { kind, id, before, changes: [], entries: [], stateFromFacts }
    remotes.set(key, remote)
    return remote
  }
  for (const { commit } of commits) {
    // What a writer knew includes the folds of the very commit: they come before its changes.
    const clock = advance(commit.clock, commit.origin, commit.lastSequence)
    for (const fold of foldsOf(commit)) {
      gather(fold.kind, fold.id).entries.push({ type: 'fold', fold, clock })
      obligations.push(foldObligation(fold, commit.lastSequence))
    }
    const factDocuments = new Set<string>()
    const isUnit = isUnitOf(commit)
    for (const { kind, id, bytes } of commit.documents) {
      const remote = gather(kind, id)
      remote.changes.push(bytes)
      remote.entries.push({ type: 'change', bytes, clock, isUnit: isUnit(kind, id) })
      if (remote.stateFromFacts) factDocuments.add(`${kind}/${id}`)
    }
    for (const event of commit.events) {
      const kind = factDocuments.size === 0 ? undefined : factKindOf(event.type)?.name
      const key = `${kind}/${event.entityId}`
      const remote = factDocuments.has(key) ? remotes.get(key) : undefined
      if (kind === undefined || !remote?.stateFromFacts) continue
      const fact = { data: event.data, time: commit.time, region: regionOf(commit.origin) }
      remote.stateFromFacts = absorbFacts(remote.stateFromFacts, [fact])
      const { stateFromFacts } = remote
      const drafts = owners.flatMap((owner) => factObligations(owner, kind, event.entityId, stateFromFacts, event.data))
      for (const { when, writer, ...owed } of drafts) {
        const { origin, lastSequence } = commit
        const sequence = writer === undefined ? lastSequence : sequenceOf(frontier, writer)
        obligations.push({ ...owed, waitsFor: when === 'now' ? null : { origin: writer ?? origin, sequence } })
      }
    }
  }
  return { remotes: [...remotes.values()], obligations }
}

/** Of which documents a commit tells units. Of types alone: reading the data of every event would parse them all. */
function isUnitOf(commit: Commit): (kind: string, id: string) => boolean {
  const ids = new Set<string>()
  for (const { type, entityId } of commit.events) if (type === unitApplied) ids.add(entityId)
  return (kind, id) => ids.has(id) && ownedKinds.some((name) => name === kind)
}

/** Once the fold is stable, nobody can still be writing on the document as it was before. */
export function foldObligation(
  fold: Pick<Fold, 'kind' | 'id' | 'origin' | 'sequence'>,
  commitSequence: number,
): Omit<Obligation, 'number'> {
  const { kind, id, origin, sequence } = fold
  const waitsFor = { origin, sequence: commitSequence }
  return { subject: 'fold', id: `${kind}/${id}`, item: `${origin}:${sequence}`, waitsFor }
}
