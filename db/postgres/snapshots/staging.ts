// The pages of snapshots in their table, and what they are pages of in the settings.

import type { SnapshotDescription, StagedSnapshot } from '../../snapshots/snapshots.ts'
import type { Queries, Sql } from '../connection.ts'

export type Place = 'made' | 'staged'

const settingOf = (place: Place) => `snapshot.${place}`

export async function readDescription(sql: Queries, place: Place): Promise<SnapshotDescription | null> {
  const [row] = await sql<{ readonly value: string }[]>`select value from settings where name = ${settingOf(place)}`
  return row === undefined ? null : (JSON.parse(row.value) as SnapshotDescription)
}

export async function writeDescription(sql: Queries, place: Place, description: SnapshotDescription): Promise<void> {
  await sql`
    insert into settings (name, value) values (${settingOf(place)}, ${JSON.stringify(description)})
    on conflict (name) do update set value = excluded.value`
}

export async function forget(sql: Queries, place: Place): Promise<void> {
  await sql`delete from settings where name = ${settingOf(place)}`
  await sql`delete from snapshot_pages where place = ${place}`
}

export function drop(sql: Sql, place: Place): Promise<void> {
  return sql.begin((session) => forget(session, place)) as Promise<void>
}

/** Pages come in their order, each in a transaction of its own: their count tells how far it has come. */
export async function readStaged(sql: Queries): Promise<StagedSnapshot | null> {
  const description = await readDescription(sql, 'staged')
  if (description === null) return null
  const [row] = await sql<{ readonly received: number }[]>`
    select count(*)::bigint as received from snapshot_pages where place = 'staged'`
  return { description, received: row?.received ?? 0 }
}

export async function stage(sql: Sql, description: SnapshotDescription): Promise<void> {
  await sql.begin(async (session) => {
    await forget(session, 'staged')
    await writeDescription(session, 'staged', description)
  })
}

/** Nothing may be missing before it. */
export async function stagePage(sql: Queries, number: number, body: Uint8Array): Promise<void> {
  const added = await sql`
    insert into snapshot_pages (place, number, body)
    select 'staged', ${number}::int, ${body}::bytea where ${number}::int = (
      select count(*) from snapshot_pages where place = 'staged'
    )`
  if (added.count !== 1) throw new Error(`page ${number} comes out of turn`)
}

export async function readStagedPage(sql: Queries, number: number): Promise<Uint8Array> {
  const [row] = await sql<{ readonly body: Uint8Array }[]>`
    select body from snapshot_pages where place = 'staged' and number = ${number}`
  if (row === undefined) throw new Error(`page ${number} is not staged`)
  return row.body
}
