// Pages of snapshots: of the one that this region keeps for its peers, and of the one that it is taking in. What they are
// pages of stands in the settings.

import { integer, pgTable, primaryKey } from 'drizzle-orm/pg-core'
import { binaryText, bytes } from './columns.ts'

export const snapshotPages = pgTable(
  'snapshot_pages',
  {
    /** `made` or `staged`. */
    place: binaryText('place').notNull(),
    number: integer('number').notNull(),
    body: bytes('body').notNull(),
  },
  (table) => [primaryKey({ columns: [table.place, table.number] })],
)
