// What went wrong, and the proof of it: facts of this region alone.

import { bigint, index, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { binaryText, bytes } from './columns.ts'

export const incidents = pgTable(
  'incidents',
  {
    id: binaryText('id').primaryKey(),
    kind: text('kind').notNull(),
    region: binaryText('region').notNull(),
    entityIds: json('entity_ids').notNull(),
    detail: text('detail').notNull(),
    at: bigint('at', { mode: 'number' }).notNull(),
    /** Null while it is open. */
    resolvedAt: bigint('resolved_at', { mode: 'number' }),
    note: text('note'),
  },
  (table) => [index('incidents_by_time').on(table.at, table.id)],
)

/** Commits that are kept and not applied. */
export const heldCommits = pgTable(
  'held_commits',
  {
    origin: binaryText('origin').notNull(),
    hash: bytes('hash').notNull(),
    firstSequence: bigint('first_sequence', { mode: 'number' }).notNull(),
    lastSequence: bigint('last_sequence', { mode: 'number' }).notNull(),
    heldFor: text('held_for').notNull(),
    rule: text('rule').notNull(),
    reason: text('reason').notNull(),
    at: bigint('at', { mode: 'number' }).notNull(),
    body: bytes('body').notNull(),
  },
  (table) => [primaryKey({ columns: [table.origin, table.hash] })],
)
