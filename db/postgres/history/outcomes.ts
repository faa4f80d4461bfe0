// Outcomes of keyed commands in bulk: those of one origin, for who takes it over, and those that nobody may ask for any more,
// to be forgotten (I5). The latter are found by a block range index over their times: rows come in the order of time, and such
// an index costs a commit next to nothing.

import type { KnownOutcome } from '@causeway/schema/documents/command'
import type { OutcomesRequest, PruneRequest } from '../../history.ts'
import type { Queries } from '../connection.ts'
import { encodeTime, numbers, texts } from '../literals.ts'
import { type OutcomeRow, toOutcome } from '../loads.ts'

/** Goes through the keys in their order, of which there is an index; an origin is taken over a few times a year. */
export async function outcomesOf(
  sql: Queries,
  { origin, commands, after, limit }: OutcomesRequest,
): Promise<readonly KnownOutcome[]> {
  const rows = await sql<OutcomeRow[]>`
    select key, origin, sequence, time::text, input_digest, accepted, command, result, resent from outcomes
    where origin = ${origin} and accepted and command = any(${texts(commands)}::text[])
    ${after === null ? sql`` : sql`and key > ${after}`}
    order by key limit ${limit}`
  return rows.map(toOutcome)
}

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
