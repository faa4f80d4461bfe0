// The Postgres store when its database is taken away: what a node is told, and that it goes on by itself afterwards.

import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commit, documentOf, outcomeOf, region, request, rings, rowOf, writeOf } from './contract/fixture.contract.ts'
import { Wire } from './contract/wire.contract.ts'
import { urlOfDatabase } from './embedded/database.ts'
import { migrate } from './postgres/migrate.ts'
import { createPostgresStore } from './postgres/store.ts'
import type { Store } from './store.ts'
import { type TestDatabase, testDatabase } from './test-database.ts'

let database: TestDatabase
let wire: Wire
let store: Store

beforeEach(async () => {
  database = await testDatabase(region)
  wire = await Wire.before(database.url)
  store = await createPostgresStore({ url: wire.url, region })
})

afterEach(async () => {
  await store.close()
  wire.close()
  await database.drop()
})

/** Until the store can be used again; fails with the test's own time limit. */
async function recovered(): Promise<void> {
  for (;;) {
    const failure = await store.head().then(
      () => null,
      (error: unknown) => error,
    )
    if (failure === null) return
    expect(failure).toMatchObject({ code: 'UNREACHABLE', retry: true })
  }
}

/** Says from another database whether this one may be connected to: even an operator is then turned away. */
async function gatekeeper() {
  const name = new URL(database.url).pathname.slice(1)
  const admin = postgres(urlOfDatabase(database.url, 'postgres'), { max: 1 })
  const allow = (isAllowed: boolean) =>
    admin.unsafe(`alter database ${name} allow_connections ${isAllowed ? 'true' : 'false'}`)
  return { admin, allow }
}

describe('Postgres store under faults', () => {
  it('W2: a connection lost in the middle of a transaction leaves nothing, and the next one stands', async () => {
    const failing = store.transact(async (transaction) => {
      await transaction.write(writeOf(transaction.head, { documents: [documentOf('a')] }))
      wire.cut()
      await new Promise(() => {})
    })
    await expect(failing).rejects.toMatchObject({ code: 'UNREACHABLE', retry: true })
    await recovered()
    expect((await store.head()).position).toBe(0)
    await commit(store, { documents: [documentOf('a')] })
    expect((await store.head()).position).toBe(1)
  })

  it('W3: a wire cut while statements are under way never lets some of them through', async () => {
    const big = Array.from({ length: 200 }, (_, index) => documentOf(`d${index}`, { value: 'x'.repeat(10_000) }))
    const failing = store.transact(async (transaction) => {
      const writing = transaction.write(
        writeOf(transaction.head, { documents: big, stock: [rowOf('x', { received: 1 })], outcomes: [outcomeOf('k')] }),
      )
      setImmediate(() => wire.cut())
      await writing
    })
    await expect(failing).rejects.toMatchObject({ code: 'UNREACHABLE' })
    await recovered()
    expect((await store.head()).position).toBe(0)
    expect(await store.count({ kind: 'product' })).toBe(0)
    expect((await store.load(request({ skus: ['x'], keys: ['k'] }))).stock).toEqual([])
  })

  it('W2: a commit whose answer is lost is looked up, and answered once it is known to stand', async () => {
    await commit(store)
    wire.cutsAnswerToCommit = true
    const head = await commit(store, { outcomes: [outcomeOf('k')] })
    expect(head.position).toBe(2)
    expect(wire.cutsAnswerToCommit).toBe(false)
    expect((await store.load(request({ keys: ['k'] }))).outcomes).toEqual([outcomeOf('k')])
    expect((await commit(store)).position).toBe(3)
  })

  it('says that the database cannot be reached, and works again when it can', async () => {
    wire.refusing = true
    wire.cut()
    await expect(store.head()).rejects.toMatchObject({ code: 'UNREACHABLE', retry: true })
    await expect(commit(store)).rejects.toMatchObject({ code: 'UNREACHABLE', retry: true })
    await expect(store.lease('links')).rejects.toMatchObject({ code: 'UNREACHABLE' })
    wire.refusing = false
    await recovered()
    await commit(store)
    expect((await store.head()).position).toBe(1)
  })

  it('loses its lease with the connection, so that another node can take it', async () => {
    const other = await createPostgresStore({ url: database.url, region })
    const lease = await store.lease('links')
    expect(await other.lease('links')).toBeNull()
    wire.cut()
    await lease?.lost
    let taken = await other.lease('links')
    while (taken === null) taken = await other.lease('links')
    expect(await store.lease('links')).toBeNull()
    await other.close()
  })

  it.each(['its connection was lost', 'its database could not be reached', 'its database took no connections'])(
    'W4: hears other nodes again after %s for a while',
    async (cause) => {
      const { admin, allow } = await gatekeeper()
      wire.refusing = cause.includes('reached')
      if (cause.includes('took')) await allow(false)
      wire.cut()
      const until = performance.now() + 2_000
      while (!cause.includes('lost') && performance.now() < until)
        await expect(store.head()).rejects.toMatchObject({ code: 'UNREACHABLE' })
      const again = rings(store)
      wire.refusing = false
      await allow(true)
      const other = await createPostgresStore({ url: database.url, region })
      await again
      // It rings without cause, too, but not as often as that.
      for (let heard = 0; heard < 20; heard += 1) {
        const ring = rings(store)
        await commit(other)
        await ring
      }
      await other.close()
      await admin.end()
    },
  )

  it('W4: looks for what other nodes have written also where its connection is dead and nobody says so', async () => {
    wire.deafen()
    await rings(store)
  })

  it('takes a session that the server ended for a lost connection', async () => {
    await commit(store)
    const admin = postgres(database.url, { max: 1 })
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
    await admin.end()
    await recovered()
    const attempt = async (): Promise<number> => {
      try {
        return (await commit(store)).position
      } catch (error) {
        expect(error).toMatchObject({ code: 'UNREACHABLE', retry: true })
        return attempt()
      }
    }
    expect(await attempt()).toBe(2)
  })

  it('W7: goes on after it was told to wait no longer for the head row, which another node held', async () => {
    await commit(store)
    const admin = postgres(database.url, { max: 1 })
    const holder = postgres(database.url, { max: 1 })
    const waiting = holder.begin(async (sql) => {
      await sql`select from heads for update`
      const failing = expect(commit(store)).rejects.toMatchObject({ code: 'UNREACHABLE', retry: true })
      for (let cancelled = 0; cancelled === 0; )
        cancelled = (
          await admin`select pg_cancel_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
        ).length
      await failing
    })
    await waiting
    expect((await commit(store)).position).toBe(2)
    await holder.end()
    await admin.end()
  })

  /** As a server that cannot write what it is given says, until the call is over. */
  const failing = async (code: string, message: string, meanwhile: () => Promise<void>): Promise<void> => {
    const admin = postgres(database.url, { max: 1, onnotice: () => undefined })
    await admin.unsafe(`
      create function fails() returns trigger language plpgsql as $$
        begin raise exception '${message}' using errcode = '${code}'; end $$;
      create trigger fails before insert on commits execute function fails()`)
    await meanwhile()
    await admin.unsafe('drop trigger fails on commits')
    expect((await commit(store)).position).toBe(1)
    await admin.end()
  }

  it.each([
    ['58030', 'could not read block 3 of relation'],
    ['XX001', 'invalid page in block 3 of relation'],
    ['53000', 'insufficient resources'],
    ['25P04', 'terminating connection due to transaction timeout'],
  ])('takes what is wrong with the server (%s) for no fault of what was written', async (code, message) => {
    await failing(code, message, () => expect(commit(store)).rejects.toMatchObject({ name: 'StoreError', retry: true }))
  })

  it.each([
    ['53100', 'could not extend file'],
    ['25006', 'cannot execute INSERT in a read-only transaction'],
  ])(
    'W3: says that the disk is full or read-only (%s), keeps nothing, and writes again once it is not',
    async (code, message) => {
      await failing(code, message, async () => {
        await expect(commit(store)).rejects.toMatchObject({ code: 'DISK_FULL', retry: true })
        expect((await store.head()).position).toBe(0)
      })
    },
  )

  it('a node that finds another schema version says what to run', async () => {
    const fresh = await testDatabase()
    const open = () => createPostgresStore({ url: fresh.url, region })
    await expect(open()).rejects.toMatchObject({
      code: 'SCHEMA_VERSION',
      message: expect.stringContaining(`causeway migrate ${region} --config FILE`),
    })
    await Promise.all([migrate(fresh.url, region), migrate(fresh.url, region)])
    await (await open()).close()
    const sql = postgres(fresh.url, { max: 1 })
    await sql`update causeway_migrations.applied set created_at = created_at - 1`
    await expect(open()).rejects.toMatchObject({
      code: 'SCHEMA_VERSION',
      message: expect.stringContaining('older schema'),
    })
    await sql`update causeway_migrations.applied set created_at = created_at + 2`
    await expect(open()).rejects.toMatchObject({
      code: 'SCHEMA_VERSION',
      message: expect.stringContaining('newer schema'),
    })
    await sql`update causeway_migrations.applied set created_at = created_at - 1`
    await expect(createPostgresStore({ url: fresh.url, region: 'us-east-1' })).rejects.toMatchObject({
      code: 'SCHEMA_VERSION',
      message: expect.stringContaining('belongs to eu-west-1'),
    })
    await sql.end()
    await fresh.drop()
  })

  it('W8: a node whose connections are dead, of which nobody has told it, is over once the database can be reached otherwise', async () => {
    await commit(store)
    wire.deafen()
    const admin = postgres(database.url, { max: 1 })
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
    await admin.end()
    const waiting = commit(store).catch(() => 'closed')
    expect(await store.over).toContain('dead')
    wire.cut()
    await waiting
  })

  it('W8: writes nothing to another life of its database that it finds behind a new connection', async () => {
    const before = await commit(store)
    const admin = postgres(database.url, { max: 1 })
    await commit(store)
    // As a copy from before that was put in its place: nothing of Postgres's own tells it apart.
    await admin`
      update heads set position = ${before.position}, sequence = ${before.sequence},
        frontier = ${JSON.stringify(before.frontier)}::text::json`
    wire.cut()
    await recovered()
    await expect(commit(store)).rejects.toMatchObject({ code: 'REPLACED', retry: false })
    expect(await store.over).toContain('ends at position 1')
    await expect(commit(store)).rejects.toMatchObject({ code: 'REPLACED' })
    expect((await store.head()).position).toBe(1)
    await admin.end()
  })

  it('W8: tells the life of its database from another', async () => {
    const { systemIdentifier, timeline } = await store.identity()
    expect(systemIdentifier).toMatch(/^\d{10,}$/)
    expect(timeline).toBeGreaterThan(0)
  })
})
