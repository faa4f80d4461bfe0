// The replicated log as this region applied it. Bodies are kept as they travel; no event has a row of its own.

import { bigint, index, json, pgTable, uniqueIndex } from 'drizzle-orm/pg-core'
import { binaryText, bytes, hybridTime } from './columns.ts'

export const commits = pgTable(
  'commits',
  {
    position: bigint('position', { mode: 'number' }).primaryKey(),
    origin: binaryText('origin').notNull(),
    firstSequence: bigint('first_sequence', { mode: 'number' }).notNull(),
    lastSequence: bigint('last_sequence', { mode: 'number' }).notNull(),
    time: hybridTime('time').notNull(),
    hash: bytes('hash').notNull(),
    previousHash: bytes('previous_hash').notNull(),
    clock: json('clock').notNull(),
    body: bytes('body').notNull(),
    /** `kind/id` of the documents that it changed. */
    touched: json('touched').notNull(),
  },
  (table) => [
    uniqueIndex('commits_by_sequence').on(table.origin, table.lastSequence),
    index('commits_by_time').on(table.time, table.origin),
  ],
)
