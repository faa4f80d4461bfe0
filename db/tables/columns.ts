// Column types that drizzle does not have. Text that is compared or sorted is kept under the collation "C", so that the
// order is the same in every database, whatever its locale.

import { customType } from 'drizzle-orm/pg-core'

export const binaryText = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' })

export const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })

export const searchVector = customType<{ data: string }>({ dataType: () => 'tsvector' })

/** A hybrid time as one number that sorts as it does: milliseconds × 65,536 + counter. */
export const hybridTime = customType<{ data: string }>({ dataType: () => 'bigint' })
