// Forgets outcomes that nobody may ask for any more (I5). Found by a block range index over their times: rows come in the
// order of time, and such an index costs a commit next to nothing.

import type { PruneRequest } from '../../history.ts'
import type { Queries } from '../connection.ts'
import { encodeTime, numbers, texts } from '../literals.ts'

export async function pruneOutcomes(sql: Queries, { stable, before, limit }: PruneRequest): Promise<number> {
  const result = await sql`
    delete from outcomes where ctid = any(array(
      select o.ctid from outcomes o join unnest(
        ${texts(Object.keys(stable))}::text[], ${numbers(Object.values(stable))}::bigint[]
      ) as v(origin, sequence) on v.origin = o.origin and o.sequence <= v.sequence
      where o.time < ${encodeTime(before)}::bigint limit ${limit}
    ))`.execute()
  return result.count
}
