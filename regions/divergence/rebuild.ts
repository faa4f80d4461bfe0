// Rebuilds documents and stock rows from the signed log alone (C9): what every region comes to by applying the same
// commits, whatever its tables hold. Pure, but for reading the log's bytes that it is given.

import type { RepairSet } from '@causeway/db/integrity'
import { mergeCells } from '@causeway/db/write-set'
import type { Origin } from '@causeway/schema/clock/origin'
import { isBranch } from '@causeway/schema/commit/branch'
import { readCommit } from '@causeway/schema/commit/codec'
import type { Commit, CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { followHeads } from '@causeway/schema/documents/change-bytes'
import { claimConflicts } from '@causeway/schema/documents/claims/lost-claim'
import { type ConflictPair, keepNewest } from '@causeway/schema/documents/conflicts/conflict'
import { type DocumentRef, emptyState } from '@causeway/schema/documents/document'
import { foldsOf } from '@causeway/schema/documents/folding/mark'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import { withWholeChanges } from '@causeway/schema/documents/whole-changes'
import { rowsOf } from '@causeway/schema/stock/reclaim'
import { emptyCells, mainLocation, type StockCells, type StockRow } from '@causeway/schema/stock/row'
import { type BuiltRemote, buildRemote, type RemoteChanges } from '../committer/build-documents.ts'
import { documentKey } from '../committer/node-cache.ts'
import { gatherDocuments } from '../committer/remote-documents.ts'
import { ForkedCells } from '../recovery/forks/forked-cells.ts'
import { leaseRows } from '../stock/lease-rows.ts'

export const nothingToRepair: RepairSet = Object.freeze({
  commits: [],
  documents: [],
  stock: [],
  conflicts: [],
  conflictsOf: [],
  removedDocuments: [],
  removedStock: [],
})

/** What is to be rebuilt: documents by `kind/id`, what the conflict log has of documents, and all rows of SKUs. */
export interface Wanted {
  readonly documents: ReadonlySet<string>
  readonly conflicts: ReadonlySet<string>
  readonly skus: ReadonlySet<string>
}

export type RebuiltDocument = RepairSet['documents'][number]

export class Rebuild {
  readonly #wanted: Wanted
  readonly #crypto: CommitCrypto
  readonly #commits: { readonly commit: Commit }[] = []
  readonly #claims: ConflictPair[] = []
  /** By location and holder within a SKU. */
  readonly #cells = new Map<string, Omit<StockRow, 'givenIn'>>()

  readonly #forked: ForkedCells

  constructor(wanted: Wanted, crypto: CommitCrypto) {
    this.#forked = new ForkedCells(wanted.skus)
    this.#wanted = wanted
    this.#crypto = crypto
  }

  /** In local order, all of them, each one checked. */
  take(sealed: SealedCommit): void {
    const commit = readCommit(sealed)
    const isBeside = isBranch(sealed.origin)
    for (const { sku, location, holder, cells } of rowsOf(commit)) {
      const isAdded = isBeside && holder === commit.origin
      if (this.#wanted.skus.has(sku) && !isAdded) this.#merge(sku, location, holder, cells)
    }
    if (isBeside) this.#forked.takeBeside(sealed, commit)
    else this.#forked.take(sealed, commit)
    const isWanted = (reference: DocumentRef) =>
      this.#wanted.documents.has(documentKey(reference)) ||
      this.#wanted.conflicts.has(documentKey(reference)) ||
      (reference.kind === leaseKind.name && this.#wanted.skus.size > 0)
    if (this.#wanted.conflicts.size > 0) {
      const isAbout = ({ kind, document }: ConflictPair) => this.#wanted.conflicts.has(`${kind}/${document}`)
      this.#claims.push(...claimConflicts(commit, this.#crypto.sha256).filter(isAbout))
    }
    const documents = commit.documents.filter(isWanted)
    if (documents.length > 0 || foldsOf(commit).some(isWanted))
      this.#commits.push({ commit: withWholeChanges({ ...commit, documents }, this.#crypto.sha256) })
  }

  /** The pairs that the log makes of the documents whose conflicts are wanted, those that are kept; `actor` writes nothing. */
  conflicts(actor: string): readonly ConflictPair[] {
    const pairs = this.#gather()
      .filter((remote) => this.#wanted.conflicts.has(documentKey(remote)))
      .flatMap((remote) => this.#build(remote, actor).conflicts)
    return keepNewest([...pairs, ...this.#claims])
  }

  /** The wanted documents that the log knows; `actor` writes nothing. */
  documents(actor: string): readonly RebuiltDocument[] {
    return this.#gather()
      .filter((remote) => this.#wanted.documents.has(documentKey(remote)))
      .map((remote): RebuiltDocument => {
        const { write } = this.#build(remote, actor)
        const { kind, id, heads, state, index, newChanges, snapshot = null, fold } = write
        const bytes = { snapshot, changes: newChanges, marks: fold?.marks ?? [], superseded: fold?.superseded ?? null }
        return { kind, id, heads, state, index, ...bytes }
      })
  }

  #build(remote: RemoteChanges, actor: string): BuiltRemote {
    const { sha256 } = this.#crypto
    const followed = remote.stateFromFacts ? followHeads([], remote.changes, sha256) : undefined
    return buildRemote(remote, followed, undefined, actor, sha256)
  }

  #gather(): readonly RemoteChanges[] {
    return gatherDocuments([], this.#commits, new Map()).remotes
  }

  /** All rows of the wanted SKUs, those that have only been given to among them. */
  stock(): readonly StockRow[] {
    for (const { sku, holder, cells } of this.#forked.rows()) this.#merge(sku, mainLocation, holder, cells)
    const rows = new Map<string, StockRow>([...this.#cells].map(([key, row]) => [key, { ...row, givenIn: 0 }]))
    for (const { sku, location, cells } of this.#cells.values()) {
      for (const [holder, units] of Object.entries(cells.given)) {
        const key = `${sku} ${location} ${holder}`
        const row = rows.get(key) ?? { sku, location, holder, cells: emptyCells, givenIn: 0 }
        rows.set(key, { ...row, givenIn: row.givenIn + units })
      }
    }
    const leases = this.#gather().map(({ kind, id, stateFromFacts }) => ({
      kind,
      id,
      state: stateFromFacts ?? emptyState,
    }))
    for (const lease of leaseRows(leases)) {
      if (!this.#wanted.skus.has(lease.sku)) continue
      const key = `${lease.sku} ${lease.location} ${lease.holder}`
      rows.set(key, { ...lease, givenIn: rows.get(key)?.givenIn ?? 0 })
    }
    return [...rows.values()]
  }

  /** Whether the log that was read has written of a row. */
  tells({ sku, location, holder }: StockRow): boolean {
    return this.#cells.has(`${sku} ${location} ${holder}`)
  }

  #merge(sku: string, location: string, holder: Origin, cells: StockCells): void {
    const key = `${sku} ${location} ${holder}`
    const before = this.#cells.get(key)
    this.#cells.set(key, { sku, location, holder, cells: before ? mergeCells(before.cells, cells) : cells })
  }
}
