// Keeps the planner's statistics in step with tables that grow from nothing. A statement's plan is kept, and one made
// for an empty table joins a thousand rows one by one for the minute until autovacuum looks: measured, a fifth of the
// events. Each table for itself: one that begins to grow after the others would keep the plans for none. Knows no statement;
// later growth is autovacuum's.

import type { WriteSet } from '../store.ts'
import type { Sql } from './connection.ts'

/** Rows written before the first look; each next one waits for four times as many. */
const firstRows = 200
const growth = 4
/** From here on a table no longer changes its nature between two looks of autovacuum. */
const lastRows = 1_000_000
/** Plans turn on how large the tables are, not on what is in them: a tenth of the usual sample, at a tenth of its cost. */
const target = 10

/** What is looked at together, by what of a write set makes it grow. */
const tables = {
  stock: 'stock_rows',
  documents: 'documents, document_changes, document_aliases',
  outcomes: 'outcomes',
  commits: 'commits',
} as const
type Part = keyof typeof tables
const parts = Object.keys(tables) as readonly Part[]

export class Statistics {
  readonly #sql: () => Sql
  readonly #rows: Record<Part, number> = { stock: 0, documents: 0, outcomes: 0, commits: 0 }
  readonly #next: Record<Part, number> = {
    stock: firstRows,
    documents: firstRows,
    outcomes: firstRows,
    commits: firstRows,
  }

  constructor(sql: () => Sql) {
    this.#sql = sql
  }

  /** To be called with what has been written. Looks in the background; what goes wrong there is autovacuum's again. */
  written(set: WriteSet): void {
    const due = parts.filter((part) => this.#count(part, set))
    if (due.length === 0) return
    this.#sql()
      .begin(async (sql) => {
        await sql`set local default_statistics_target = ${sql.unsafe(String(target))}`
        await sql`analyze ${sql.unsafe(due.map((part) => tables[part]).join(', '))}`
      })
      .catch(() => undefined)
  }

  /** True where the table has grown by so much since the last look that its plans may be for a smaller one. */
  #count(part: Part, set: WriteSet): boolean {
    this.#rows[part] += set[part].length
    const rows = this.#rows[part]
    if (rows < this.#next[part] || this.#next[part] > lastRows) return false
    this.#next[part] = rows * growth
    return true
  }
}
