// A Postgres that does not know, or does not allow, what the store asks of it: what a node is told, and that it goes on by itself.

import postgres from 'postgres'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { commit, documentOf, region } from './contract/fixture.contract.ts'
import { createPostgresStore } from './postgres/store.ts'
import { type Store, StoreError } from './store.ts'
import { type TestDatabase, testDatabase } from './test-database.ts'

let database: TestDatabase
let store: Store

beforeEach(async () => {
  database = await testDatabase(region)
  store = await createPostgresStore({ url: database.url, region })
})

afterEach(async () => {
  await store.close()
  await database.drop()
})

it.each([
  [
    'a column is not there',
    'alter table commits rename column body to gone',
    'alter table commits rename gone to body',
  ],
  ['a table is not there', 'alter table commits rename to gone', 'alter table gone rename to commits'],
  [
    'a permission is not there',
    `create function fails() returns trigger language plpgsql as $$
        begin raise exception 'permission denied for table commits' using errcode = '42501'; end $$;
       create trigger fails before insert on commits execute function fails()`,
    'drop trigger fails on commits',
  ],
])('C6: takes it for no fault of what was written that %s, says so, and goes on once it is', async (_, spoil, mend) => {
  await commit(store)
  const admin = postgres(database.url, { max: 1, onnotice: () => undefined })
  await admin.unsafe(spoil)
  const words = expect.stringContaining('the database does not do what it is asked for (42')
  await expect(commit(store)).rejects.toMatchObject({ code: 'UNFIT', retry: true, message: words })
  await admin.unsafe(mend)
  expect((await commit(store)).position).toBe(2)
  await admin.end()
})

it('C6: leaves what Postgres cannot take of what was written to whoever wrote it', async () => {
  const unstorable = commit(store, { documents: [documentOf('a\u0000b')] })
  await expect(unstorable).rejects.not.toBeInstanceOf(StoreError)
})
