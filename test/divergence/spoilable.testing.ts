// Two regions on databases of their own, and a way behind the back of the store of the first.

import { createPostgresStore } from '@causeway/db/postgres/store'
import { testDatabase } from '@causeway/db/test-database'
import { type ServedCluster, serveCluster } from '@causeway/regions/http/cluster.testing'
import postgres from 'postgres'

export const [us, eu] = ['us-east-1', 'eu-west-1'] as const

export interface SpoilableCluster {
  readonly cluster: ServedCluster
  /** On the database of `us`. */
  readonly sql: postgres.Sql
  stop(): Promise<void>
}

export async function serveSpoilable(
  options: Omit<NonNullable<Parameters<typeof serveCluster>[1]>, 'store'> = {},
): Promise<SpoilableCluster> {
  const ends: (() => Promise<unknown>)[] = []
  const database = await testDatabase(us)
  ends.push(() => database.drop())
  const sql = postgres(database.url, { max: 1, onnotice: () => undefined })
  ends.push(() => sql.end())
  const cluster = await serveCluster([us, eu], {
    ...options,
    store: async (id) => {
      const own = id === us ? database : await testDatabase(id)
      if (own !== database) ends.push(() => own.drop())
      const store = await createPostgresStore({ url: own.url, region: id })
      ends.push(() => store.close())
      return store
    },
  })
  return {
    cluster,
    sql,
    async stop() {
      await cluster.stop()
      for (const end of ends.reverse()) await end()
    },
  }
}
