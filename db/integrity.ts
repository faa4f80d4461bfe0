// The part of the store port that keeps what went wrong: incidents, which an operator must look at, and commits that are
// kept as evidence and not applied. Both are facts of this region alone: they do not replicate. And what puts spoiled rows right.

import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import type { ConflictPair } from '@causeway/schema/documents/conflicts/conflict'
import type { DocumentRef } from '@causeway/schema/documents/document'
import type { StockRow } from '@causeway/schema/stock/row'
import type { DocumentBytes, StoredCommit, StoredDocument } from './store.ts'

/** `salvage` and `debt`: what is sold and cannot be undone. The others: what cannot be, and was. */
export const incidentKinds = ['salvage', 'debt', 'equivocation', 'quarantine', 'divergence'] as const
export type IncidentKind = (typeof incidentKinds)[number]

export interface Incident {
  /** Derived from what happened, so that whoever sees it again, after a restart too, raises the same one. */
  readonly id: string
  readonly kind: IncidentKind
  /** The region that raised it. */
  readonly region: RegionId
  /** Events, documents or other entities that it is about. */
  readonly entityIds: readonly string[]
  /** What happened, what was kept and what to do, in words. */
  readonly detail: string
  /** Wall time, milliseconds. */
  readonly atMs: number
  /** Null while it is open. */
  readonly resolved: { readonly atMs: number; readonly note: string } | null
}

export interface IncidentQuery {
  readonly first: number
  /** Of the last one of the page before. */
  readonly after: Pick<Incident, 'atMs' | 'id'> | null
  /** Null: open and resolved ones. */
  readonly open: boolean | null
}

export interface Incidents {
  /** Once per id: what was raised before stands as it is, resolved or not. True where it is new. */
  raise(incident: Omit<Incident, 'resolved'>): Promise<boolean>
  find(id: string): Promise<Incident | null>
  /** Newest first, by (time, id). */
  list(query: IncidentQuery): Promise<readonly Incident[]>
  /** The first resolution stands. Null where there is no such incident. */
  resolve(id: string, atMs: number, note: string): Promise<Incident | null>
}

/** Why a commit is held: it breaks a rule, or its origin has signed another one for the same place. */
export type HeldFor = 'quarantine' | 'equivocation'

export interface HeldCommit {
  readonly origin: Origin
  readonly firstSequence: number
  readonly lastSequence: number
  readonly hash: Uint8Array
  readonly heldFor: HeldFor
  /** The id of the rule that it breaks. */
  readonly rule: string
  readonly reason: string
  readonly atMs: number
  /** As it came: header, signature, sections. */
  readonly bytes: Uint8Array
}

/** Commits kept beside one origin's log for breaking rules: one that goes on doing so fills no disk. */
export const maximumHeldPerOrigin = 64
/** Of the logs that one origin has signed beside its own: others' commits may stand on them. */
export const maximumForkedPerOrigin = 1_024

export function maximumHeldFor(heldFor: HeldFor): number {
  return heldFor === 'equivocation' ? maximumForkedPerOrigin : maximumHeldPerOrigin
}

export interface Evidence {
  /** Once per hash. False where it is held already, or as many others of the origin are held for the same. */
  hold(commit: HeldCommit): Promise<boolean>
  /** By origin and sequence. */
  held(): Promise<readonly HeldCommit[]>
  /** What is applied after all is no evidence any more. */
  release(origin: Origin, hash: Uint8Array): Promise<void>
}

/**
 * Rows as the log says they are, whatever stands in their place: written whole, without merging and without a commit (C9).
 * Only for what evidence has shown. A row that is named in `removed` and not among the others is taken away.
 */
export interface RepairSet {
  readonly commits: readonly StoredCommit[]
  readonly documents: readonly (StoredDocument & DocumentBytes)[]
  readonly stock: readonly StockRow[]
  /** Of the documents named in `conflictsOf`: all pairs that they have; whatever else is kept of them is taken away. */
  readonly conflicts: readonly ConflictPair[]
  readonly conflictsOf: readonly DocumentRef[]
  readonly removedDocuments: readonly DocumentRef[]
  readonly removedStock: readonly Pick<StockRow, 'sku' | 'location' | 'holder'>[]
}
