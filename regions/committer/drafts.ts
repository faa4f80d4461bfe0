// What one flush has decided, to be made durable as one commit. Filled by the workspace, written by the flush.

import type { Obligation, StoredDocument } from '@causeway/db/store'
import type { CommandOutcome, CommitEvent } from '@causeway/schema/commit/commit'
import type { DocumentEdits, Edit } from '@causeway/schema/documents/document'
import type { ReclaimedRow } from '@causeway/schema/stock/reclaim'
import type { StockRow } from '@causeway/schema/stock/row'

/** A document that the flush changes: as it stood before, and every edit in order. */
export interface EditedDocument {
  readonly before: StoredDocument | null
  readonly placement: DocumentEdits['placement']
  readonly edits: Edit[]
}

export interface Drafts {
  readonly events: CommitEvent[]
  readonly edited: Map<string, EditedDocument>
  readonly stock: Map<string, StockRow>
  /** By SKU, of rows that give more: what they had given before the flush. */
  readonly givenBefore: Map<string, StockRow['cells']['given']>
  /** Rows of fenced holders, by SKU and holder. */
  readonly reclaimed: Map<string, ReclaimedRow>
  readonly outcomes: CommandOutcome[]
  readonly obligations: Omit<Obligation, 'number'>[]
  readonly settled: number[]
}

export function emptyDrafts(): Drafts {
  const lists = { events: [], outcomes: [], obligations: [], settled: [] }
  return { ...lists, edited: new Map(), stock: new Map(), givenBefore: new Map(), reclaimed: new Map() }
}
