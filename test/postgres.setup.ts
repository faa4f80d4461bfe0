// Before the first test that needs it: one Postgres for the whole run, ended and removed after it. With DATABASE_URL
// the tests use that server instead.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@causeway/db/embedded/start'

export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.DATABASE_URL !== undefined) return undefined
  const directory = await mkdtemp(join(tmpdir(), 'causeway-test-'))
  const server = await startEmbeddedPostgres({ directory })
  process.env.CAUSEWAY_TEST_SERVER = server.url
  return async () => {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}
