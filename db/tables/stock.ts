// Stock rows: one per SKU, location and holder. The check is the last guard of the rule that rights are never negative,
// but for origins that have signed two logs.

import { sql } from 'drizzle-orm'
import { bigint, boolean, check, jsonb, pgTable, primaryKey } from 'drizzle-orm/pg-core'
import { binaryText } from './columns.ts'

const cell = (name: string) => bigint(name, { mode: 'number' }).notNull()

export const stockRows = pgTable(
  'stock_rows',
  {
    sku: binaryText('sku').notNull(),
    location: binaryText('location').notNull(),
    holder: binaryText('holder').notNull(),
    received: cell('received'),
    returned: cell('returned'),
    sold: cell('sold'),
    released: cell('released'),
    shipped: cell('shipped'),
    writtenOff: cell('written_off'),
    /** Receiving holder → units. */
    given: jsonb('given').notNull(),
    /** The sum of `given`. */
    givenOut: cell('given_out'),
    /** What other rows have given to this holder. */
    givenIn: cell('given_in'),
    /** Its holder has signed two logs, which together may have given more than it had. */
    owes: boolean('owes').notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.sku, table.location, table.holder] }),
    check('stock_rights', sql`owes or received + returned + released + given_in >= given_out + sold + written_off`),
  ],
)
