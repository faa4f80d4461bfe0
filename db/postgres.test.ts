// The Postgres store under the suite that every store passes.

import { region } from './contract/fixture.contract.ts'
import { createPostgresStore } from './postgres/store.ts'
import { storeContract } from './store.contract.ts'
import { testDatabase } from './test-database.ts'

storeContract('Postgres store', async () => {
  const { url, drop } = await testDatabase(region)
  return { store: () => createPostgresStore({ url, region }), drop }
})
