// A fresh database for a test: on the server that the test run started, or on that of DATABASE_URL. Copied from a
// migrated template where a region is named, which takes a tenth of the time of migrating.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RegionId } from '@causeway/schema/clock/origin'
import postgres from 'postgres'
import { urlOfDatabase } from './embedded/database.ts'
import { startEmbeddedPostgres } from './embedded/start.ts'
import { migrate, schemaVersion } from './postgres/migrate.ts'

export interface TestDatabase {
  readonly url: string
  drop(): Promise<void>
}

interface Server {
  readonly url: string
  stop(): Promise<void>
}

/** Outside a test run, as in a benchmark: a server of its own, for as long as the database lives. */
async function openServer(): Promise<Server> {
  const url = process.env.DATABASE_URL ?? process.env.CAUSEWAY_TEST_SERVER
  if (url !== undefined) return { url, stop: async () => undefined }
  const directory = await mkdtemp(join(tmpdir(), 'causeway-test-'))
  const server = await startEmbeddedPostgres({ directory })
  return {
    url: server.url,
    stop: async () => {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Empty without `region`, else migrated for it. */
export async function testDatabase(region?: RegionId): Promise<TestDatabase> {
  const server = await openServer()
  const admin = postgres(server.url, { max: 1, onnotice: () => undefined, fetch_types: false })
  const name = `causeway_test_${randomBytes(8).toString('hex')}`
  const url = urlOfDatabase(server.url, name)
  try {
    const template = region === undefined ? 'template0' : await templateOf(admin, server.url, region)
    await admin`create database ${admin(name)} template ${admin(template)}`
  } finally {
    await admin.end()
  }
  return {
    url,
    drop: async () => {
      const again = postgres(server.url, { max: 1, onnotice: () => undefined, fetch_types: false })
      await again`drop database if exists ${again(name)} with (force)`
      await again.end()
      await server.stop()
    },
  }
}

/** Made by the first test process that needs it, under a lock; a copy of it needs nobody connected to it. */
async function templateOf(admin: postgres.Sql, serverUrl: string, region: RegionId): Promise<string> {
  const name = `causeway_template_${schemaVersion()}_${region}`
  await admin`select pg_advisory_lock(hashtext(${name}))`
  const found = await admin`select 1 from pg_database where datname = ${name}`
  if (found.length === 0) {
    const draft = `${name}_draft`
    await admin`drop database if exists ${admin(draft)} with (force)`
    await admin`create database ${admin(draft)} template template0`
    await migrate(urlOfDatabase(serverUrl, draft), region)
    await admin`alter database ${admin(draft)} rename to ${admin(name)}`
  }
  await admin`select pg_advisory_unlock(hashtext(${name}))`
  return name
}
