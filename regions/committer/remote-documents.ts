// Gathers what remote commits change in documents, per document and in order, and what this origin owes for the facts
// it learns from them. Pure.

import type { Obligation, StoredDocument } from '@causeway/db/store'
import { type Origin, regionOf } from '@causeway/schema/clock/origin'
import type { Commit } from '@causeway/schema/commit/commit'
import { emptyState } from '@causeway/schema/documents/document'
import { absorbFacts } from '@causeway/schema/documents/facts'
import { obligationsOf } from '@causeway/schema/documents/order/obligations'
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
  stateFromFacts: StoredDocument['state'] | null
}

export function gatherDocuments(
  origin: Origin,
  commits: readonly { readonly commit: Commit }[],
  held: ReadonlyMap<string, StoredDocument>,
): Gathered {
  const remotes = new Map<string, Gathering>()
  const obligations: Omit<Obligation, 'number'>[] = []
  for (const { commit } of commits) {
    const factDocuments = new Set<string>()
    for (const { kind, id, bytes } of commit.documents) {
      const key = `${kind}/${id}`
      const before = held.get(key) ?? null
      const isFacts = requireKind(kind).factsOnly
      const known = remotes.get(key)
      const remote = known ?? {
        kind,
        id,
        before,
        changes: [],
        stateFromFacts: isFacts ? (before?.state ?? emptyState) : null,
      }
      remote.changes.push(bytes)
      remotes.set(key, remote)
      if (isFacts) factDocuments.add(id)
    }
    for (const event of commit.events) {
      if (!factDocuments.has(event.entityId)) continue
      const remote = remotes.get(`order/${event.entityId}`)
      if (!remote?.stateFromFacts) continue
      const fact = { data: event.data, time: commit.time, region: regionOf(commit.origin) }
      remote.stateFromFacts = absorbFacts(remote.stateFromFacts, [fact])
      for (const { when, ...owed } of obligationsOf(origin, event.entityId, remote.stateFromFacts, event.data)) {
        const { origin: writer, lastSequence: sequence } = commit
        obligations.push({ ...owed, waitsFor: when === 'now' ? null : { origin: writer, sequence } })
      }
    }
  }
  return { remotes: [...remotes.values()], obligations }
}
