// The archive of the log: commits behind the stable frontier, compressed by the segment. What a reader must know to find
// its segment stands beside it.

import { bigint, index, integer, json, pgTable } from 'drizzle-orm/pg-core'
import { binaryText, bytes, hybridTime } from './columns.ts'

export const logSegments = pgTable(
  'log_segments',
  {
    firstPosition: bigint('first_position', { mode: 'number' }).primaryKey(),
    lastPosition: bigint('last_position', { mode: 'number' }).notNull(),
    commits: integer('commits').notNull(),
    /** Origin → the last sequence in it. */
    through: json('through').notNull(),
    /** Of the commit that is first in the order of the log, and of the last one. */
    firstTime: hybridTime('first_time').notNull(),
    lastTime: hybridTime('last_time').notNull(),
    lastOrigin: binaryText('last_origin').notNull(),
    /** Of its commits, not compressed. */
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    body: bytes('body').notNull(),
  },
  (table) => [index('log_segments_by_time').on(table.firstTime, table.firstPosition)],
)
