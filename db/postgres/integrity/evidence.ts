// Commits that are kept and not applied, in Postgres.

import { type Evidence, type HeldCommit, type HeldFor, maximumHeldFor } from '../../integrity.ts'
import type { Sql } from '../connection.ts'
import { clean } from '../literals.ts'

type Read = <Result>(query: (sql: Sql) => Promise<Result>) => Promise<Result>

interface HeldRow {
  readonly origin: string
  readonly hash: Uint8Array
  readonly first_sequence: number
  readonly last_sequence: number
  readonly held_for: HeldFor
  readonly rule: string
  readonly reason: string
  readonly at: number
  readonly body: Uint8Array
}

function toHeld({ first_sequence, last_sequence, held_for, at, body, ...row }: HeldRow): HeldCommit {
  return {
    ...row,
    firstSequence: first_sequence,
    lastSequence: last_sequence,
    heldFor: held_for,
    atMs: at,
    bytes: body,
  }
}

export function createEvidence(read: Read): Evidence {
  return {
    hold: ({ origin, hash, firstSequence, lastSequence, heldFor, rule, reason, atMs, bytes }) =>
      read(async (sql) => {
        const result = await sql`
          insert into held_commits (origin, hash, first_sequence, last_sequence, held_for, rule, reason, at, body)
          select ${origin}, ${hash}, ${firstSequence}::bigint, ${lastSequence}::bigint, ${heldFor}, ${rule},
            ${clean(reason)}, ${atMs}::bigint, ${bytes}
          where (select count(*) from held_commits where origin = ${origin} and held_for = ${heldFor}) < ${maximumHeldFor(heldFor)}
          on conflict (origin, hash) do nothing`
        return result.count > 0
      }),
    held: () =>
      read(async (sql) => {
        const rows = await sql<HeldRow[]>`
          select origin, hash, first_sequence, last_sequence, held_for, rule, reason, at, body
          from held_commits order by origin, first_sequence, hash`
        return rows.map(toHeld)
      }),
    release: (origin, hash) =>
      read(async (sql) => {
        await sql`delete from held_commits where origin = ${origin} and hash = ${hash}`
      }),
  }
}
