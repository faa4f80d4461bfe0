// Keeps the planner's statistics in step with tables that grow from nothing. A statement's plan is kept, and one made
// for an empty table joins a thousand rows one by one for the minute until autovacuum looks: measured, a fifth of the
// events. Knows no statement; later growth is autovacuum's.

import type { WriteSet } from '../store.ts'
import type { Sql } from './connection.ts'

/** Rows written before the first look; each next one waits for four times as many. */
const firstRows = 200
const growth = 4
/** From here on a table no longer changes its nature between two looks of autovacuum. */
const lastRows = 1_000_000
/** Plans turn on how large the tables are, not on what is in them: a tenth of the usual sample, at a tenth of its cost. */
const target = 10

export class Statistics {
  readonly #sql: () => Sql
  #rows = 0
  #next = firstRows

  constructor(sql: () => Sql) {
    this.#sql = sql
  }

  /** To be called with what has been written. Looks in the background; what goes wrong there is autovacuum's again. */
  written(set: WriteSet): void {
    this.#rows += set.stock.length + set.documents.length + set.outcomes.length + set.commits.length
    if (this.#rows < this.#next || this.#next > lastRows) return
    this.#next = this.#rows * growth
    this.#sql()
      .begin(async (sql) => {
        await sql`set local default_statistics_target = ${sql.unsafe(String(target))}`
        await sql`analyze stock_rows, documents, document_changes, document_aliases, outcomes, commits`
      })
      .catch(() => undefined)
  }
}
