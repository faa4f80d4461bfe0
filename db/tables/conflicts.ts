// The conflict log: a row per pair of concurrent changes of one path.

import { index, json, pgTable, uniqueIndex } from 'drizzle-orm/pg-core'
import { binaryText } from './columns.ts'

export const conflicts = pgTable(
  'conflicts',
  {
    id: binaryText('id').primaryKey(),
    kind: binaryText('kind').notNull(),
    document: binaryText('document').notNull(),
    path: binaryText('path').notNull(),
    /** Sorts as the log does. */
    place: binaryText('place').notNull(),
    policy: binaryText('policy').notNull(),
    earlier: json('earlier').notNull(),
    later: json('later').notNull(),
  },
  (table) => [
    uniqueIndex('conflicts_by_place').on(table.place),
    index('conflicts_by_path').on(table.kind, table.document, table.path, table.place),
    index('conflicts_by_document').on(table.document, table.place),
  ],
)
