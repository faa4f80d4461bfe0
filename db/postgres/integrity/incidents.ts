// Incidents in Postgres.

import type { Incident, IncidentKind, IncidentQuery, Incidents } from '../../integrity.ts'
import type { Queries, Sql } from '../connection.ts'
import { clean } from '../literals.ts'

type Read = <Result>(query: (sql: Sql) => Promise<Result>) => Promise<Result>

interface IncidentRow {
  readonly id: string
  readonly kind: IncidentKind
  readonly region: string
  readonly entity_ids: readonly string[]
  readonly detail: string
  readonly at: number
  readonly resolved_at: number | null
  readonly note: string | null
}

function toIncident({ entity_ids, at, resolved_at, note, ...row }: IncidentRow): Incident {
  const resolved = resolved_at === null ? null : { atMs: resolved_at, note: note ?? '' }
  return { ...row, entityIds: entity_ids, atMs: at, resolved }
}

const columns = (sql: Queries) => sql`id, kind, region, entity_ids, detail, at, resolved_at, note`

async function list(sql: Queries, { first, after, open }: IncidentQuery): Promise<readonly Incident[]> {
  const rows = await sql<IncidentRow[]>`
    select ${columns(sql)} from incidents where true
    ${open === null ? sql`` : open ? sql`and resolved_at is null` : sql`and resolved_at is not null`}
    ${after === null ? sql`` : sql`and (at, id) < (${after.atMs}::bigint, ${after.id})`}
    order by at desc, id desc limit ${first}`
  return rows.map(toIncident)
}

export function createIncidents(read: Read): Incidents {
  return {
    raise: ({ id, kind, region, entityIds, detail, atMs }) =>
      read(async (sql) => {
        const result = await sql`
          insert into incidents (id, kind, region, entity_ids, detail, at)
          values (${id}, ${kind}, ${region}, ${JSON.stringify(entityIds)}::text::json, ${clean(detail)}, ${atMs})
          on conflict (id) do nothing`
        return result.count > 0
      }),
    find: (id) =>
      read(async (sql) => {
        const [row] = await sql<IncidentRow[]>`select ${columns(sql)} from incidents where id = ${clean(id)}`
        return row === undefined ? null : toIncident(row)
      }),
    list: (query) => read((sql) => list(sql, query)),
    resolve: (id, atMs, note) =>
      read(async (sql) => {
        const [row] = await sql<IncidentRow[]>`
          update incidents set
            resolved_at = coalesce(resolved_at, ${atMs}::bigint),
            note = case when resolved_at is null then ${clean(note)} else note end
          where id = ${clean(id)} returning ${columns(sql)}`
        return row === undefined ? null : toIncident(row)
      }),
  }
}
