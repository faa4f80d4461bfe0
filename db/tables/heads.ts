// The one row that every commit locks first, what was promised to whom, and the region's small settings.

import { bigint, boolean, index, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { binaryText, bytes, hybridTime } from './columns.ts'

/** One row: the database belongs to one region. */
export const heads = pgTable('heads', {
  region: binaryText('region').primaryKey(),
  origin: text('origin').notNull(),
  sequence: bigint('sequence', { mode: 'number' }).notNull(),
  hash: bytes('hash').notNull(),
  time: hybridTime('time').notNull(),
  frontier: json('frontier').notNull(),
  position: bigint('position', { mode: 'number' }).notNull(),
  memberClocks: json('member_clocks').notNull(),
  /** Origin → hex. */
  chainHashes: json('chain_hashes').notNull(),
  significant: json('significant').notNull(),
  fences: json('fences').notNull().default({ retires: [], votes: [] }),
  repairs: bigint('repairs', { mode: 'number' }).notNull().default(0),
  /** The database's identity when this incarnation began. */
  systemIdentifier: text('system_identifier'),
  timeline: integer('timeline'),
})

export const outcomes = pgTable(
  'outcomes',
  {
    key: binaryText('key').notNull(),
    origin: binaryText('origin').notNull(),
    sequence: bigint('sequence', { mode: 'number' }).notNull(),
    time: hybridTime('time').notNull(),
    inputDigest: text('input_digest').notNull(),
    accepted: boolean('accepted').notNull(),
    command: text('command').notNull(),
    result: json('result').notNull(),
    resent: boolean('resent').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.key, table.origin] }),
    // Found by age alone when they are forgotten: rows come in the order of time, and a range index costs nothing to keep.
    index('outcomes_by_time').using('brin', table.time),
  ],
)

export const obligations = pgTable(
  'obligations',
  {
    number: bigint('number', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    subject: text('subject').notNull(),
    id: text('id').notNull(),
    item: text('item').notNull(),
    /** Null: due at once. */
    waitsOrigin: binaryText('waits_origin'),
    waitsSequence: bigint('waits_sequence', { mode: 'number' }),
  },
  (table) => [index('obligations_waiting').on(table.waitsOrigin, table.waitsSequence)],
)

export const settings = pgTable('settings', {
  name: binaryText('name').primaryKey(),
  value: text('value').notNull(),
})
