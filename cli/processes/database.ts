// Which Postgres a region's node uses: the one its configuration names, else a database of its own on the server of
// DATABASE_URL, else an embedded server that lives and dies with the node. Knows no schema beyond asking for it.

import { resolve } from 'node:path'
import { ensureDatabase } from '@causeway/db/embedded/database'
import { startEmbeddedPostgres } from '@causeway/db/embedded/start'
import type { RegionConfiguration } from '../configuration/schema.ts'
import { codeOf, Failure, messageOf } from '../failure.ts'
import { ensureWritable } from '../folder.ts'
import { databaseName } from './database-name.ts'

export interface RegionDatabase {
  readonly url: string
  /** Ours to bring to the current schema without being asked: nobody else operates it. */
  readonly managed: boolean
  stop(): Promise<void>
}

export async function openDatabase(region: RegionConfiguration, dataDirectory?: string): Promise<RegionDatabase> {
  if (region.database !== undefined) return { url: region.database, managed: false, stop: async () => undefined }
  const server = process.env.DATABASE_URL
  try {
    if (server !== undefined && server !== '') {
      const url = await ensureDatabase(server, databaseName(region.id))
      return { url, managed: true, stop: async () => undefined }
    }
    const directory = resolve(dataDirectory ?? `.causeway/${region.id}`)
    await ensureWritable(directory)
    const postgres = await startEmbeddedPostgres({ directory })
    const url = await ensureDatabase(postgres.url, databaseName(region.id))
    return { url, managed: true, stop: () => postgres.stop() }
  } catch (error) {
    if (error instanceof Failure) throw error
    const refused = codeOf(error) === 'ECONNREFUSED' || codeOf(error) === 'ENOTFOUND'
    const server = refused ? 'the database server cannot be reached: ' : ''
    throw new Failure(`${server}${messageOf(error)}`, { cause: error })
  }
}
