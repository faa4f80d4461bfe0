// Brings a region's database to the current schema, and tells whether one is there already.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { makeOrigin, type RegionId } from '@causeway/schema/clock/origin'
import postgres from 'postgres'
import { StoreError } from '../store.ts'
import type { Queries } from './connection.ts'
import { codeOf, toStoreError } from './errors.ts'

/** Two processes that migrate one database at once wait for each other. */
const migrationLock = 7_224_910_338

/** Beside the sources; one folder further up once this file is built into dist/. */
function migrationsFolder(): string {
  for (const path of ['../migrations', '../../migrations']) {
    const folder = fileURLToPath(new URL(path, import.meta.url))
    if (existsSync(folder)) return folder
  }
  throw new Error('the migrations of @causeway/db are missing from this installation')
}

/** When the newest migration was made: what names a schema version. */
export function schemaVersion(): number {
  const journal: { readonly entries: readonly { readonly when: number }[] } = JSON.parse(
    readFileSync(`${migrationsFolder()}/meta/_journal.json`, 'utf8'),
  )
  return journal.entries.at(-1)?.when ?? 0
}

/** Null where nothing was ever migrated. */
async function storedVersion(sql: Queries): Promise<number | null> {
  const rows = await sql<{ readonly version: number }[]>`
    select max(created_at) as version from causeway_migrations.applied`.catch((error: unknown) => {
    if (['42P01', '3F000'].includes(codeOf(error))) return []
    throw error
  })
  return rows[0]?.version ?? null
}

function advice(region: RegionId): string {
  return `run \`causeway migrate ${region} --config FILE\``
}

/** Throws SCHEMA_VERSION, saying what to run, where the database is not what this program was built for. */
export async function checkSchema(sql: Queries, region: RegionId): Promise<void> {
  const refuse = (message: string) => new StoreError('SCHEMA_VERSION', message, { retry: false })
  const [stored, current] = [await storedVersion(sql), schemaVersion()]
  if (stored === null) throw refuse(`the database of ${region} is empty: ${advice(region)}`)
  if (stored < current) throw refuse(`the database of ${region} has an older schema: ${advice(region)}`)
  if (stored > current)
    throw refuse(
      `the database of ${region} has a newer schema than this program: update the program, or ${advice(region)} with the newer one`,
    )
  const [row] = await sql<{ readonly region: RegionId }[]>`select region from heads`
  if (row === undefined) throw refuse(`the database belongs to no region yet: ${advice(region)}`)
  if (row.region !== region)
    throw refuse(`the database belongs to ${row.region}, not to ${region}: configure another one`)
}

/** Creates and changes tables, and the head row on first use. Safe to run again, and from several processes. */
export async function migrate(url: string, region: RegionId): Promise<void> {
  const origin = makeOrigin(region, 1)
  // Loaded here alone: nodes that only check the schema start without it.
  const [{ drizzle }, migrator] = await Promise.all([
    import('drizzle-orm/postgres-js'),
    import('drizzle-orm/postgres-js/migrator'),
  ])
  const sql = postgres(url, { max: 1, onnotice: () => undefined, connect_timeout: 10 })
  try {
    await sql`select pg_advisory_lock(${migrationLock}::bigint)`
    await migrator.migrate(drizzle(sql), {
      migrationsFolder: migrationsFolder(),
      migrationsSchema: 'causeway_migrations',
      migrationsTable: 'applied',
    })
    await sql`
      insert into heads (region, origin, sequence, hash, time, frontier, position, member_clocks, chain_hashes, significant)
      select ${region}, ${origin}, 0, ${Buffer.alloc(32)}, 0, '{}', 0, '{}', '{}', '{}'
      where not exists (select from heads)`
    await checkSchema(sql as unknown as Queries, region)
  } catch (error) {
    throw toStoreError(error)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
