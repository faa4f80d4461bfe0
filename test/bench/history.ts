// What a region keeps when much moves and little is new: stock movements over the same SKUs, through the committer of one
// node, into a Postgres of its own. Rows must not grow with movements, and the log leaves for the archive.

import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureDatabase } from '@causeway/db/embedded/database'
import { startEmbeddedPostgres } from '@causeway/db/embedded/start'
import { migrate } from '@causeway/db/postgres/migrate'
import { createPostgresStore } from '@causeway/db/postgres/store'
import type { Store } from '@causeway/db/store'
import { createCrypto, generateSigningKey } from '@causeway/regions/crypto'
import { defaultRetention } from '@causeway/regions/history/retention'
import { createRegionNode } from '@causeway/regions/node'
import type { Ports } from '@causeway/regions/ports'
import type { Region } from '@causeway/regions/region'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { recordStockMovements, type StockMovementInput } from '@causeway/schema/stock/commands'
import postgres from 'postgres'
import { print } from './figure.ts'
import { readScale, sayScale } from './options.ts'
import { skuOf } from './shop.ts'

const bench = 'history'
const region = 'us-east-1'
const principal = { subject: 'bench', roles: ['operator' as const], region: null }
const listSize = 1_000
const lanes = 4
const always = { wallMs: 9_000_000_000_000, counter: 0 }
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const ports: Ports = {
  clock: { now: () => Date.now() },
  timers: {
    after(delayMs, call) {
      const timer = setTimeout(call, delayMs)
      return () => clearTimeout(timer)
    },
  },
  random: { bytes: (length) => new Uint8Array(randomBytes(length)), unit: () => Math.random() },
  logger: silent,
}

export async function history(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      movements: { type: 'string', default: '10000000' },
      skus: { type: 'string', default: '10000' },
      scale: { type: 'string', default: '0.1' },
    },
  })
  // Fewer movements over the same SKUs: rows follow the SKUs.
  const scale = readScale(values.scale)
  const whole = wholeNumber('movements', values.movements)
  const movements = Math.max(10, Math.round((whole * scale) / listSize)) * listSize
  const skus = wholeNumber('skus', values.skus)
  const database = await openDatabase()
  const store = await createPostgresStore({ url: database.url, region })
  const sql = postgres(database.url, { max: 1, onnotice: () => undefined })
  try {
    const node = await startNode(store)
    try {
      await stockMovements(node, store, sql, { movements, skus, said: sayScale(scale) })
    } finally {
      await node.stop()
    }
  } finally {
    await sql.end()
    await store.close()
    await database.stop()
  }
}

/** A server of its own: what another bench left in its caches and files is not measured. */
async function openDatabase(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'causeway-bench-'))
  const server = await startEmbeddedPostgres({ directory })
  const url = await ensureDatabase(server.url, 'history')
  await migrate(url, region)
  return {
    url,
    stop: async () => {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 10_000) throw new Error(`--${name} is a whole number from 10000 on`)
  return value
}

async function startNode(store: Store): Promise<Region> {
  const key = generateSigningKey()
  const { privateKeyPem } = key
  return createRegionNode({
    region,
    members: [region],
    store,
    crypto: createCrypto({ region, privateKeyPem, publicKeys: new Map(), random: ports.random }),
    publicKey: key.publicKey,
    transport: { connect: () => Promise.reject(new Error('there is no peer')) },
    ports,
    hasher: () => {
      const hash = createHash('sha256')
      return { update: (text) => void hash.update(text), hex: () => hash.digest('hex') }
    },
    // The bench takes every step itself, so that it can say what moved.
    retention: { ...defaultRetention, roundMs: 3_600_000 },
  })
}

interface Plan {
  readonly movements: number
  readonly skus: number
  /** The scale, in words. */
  readonly said: string
}

async function stockMovements(node: Region, store: Store, sql: postgres.Sql, { movements, skus, said }: Plan) {
  await fillShop(node, skus)
  // The first tenth has written every kind of row that there is to be; the rest must add none.
  const tenth = Math.floor(movements / 10 / listSize) * listSize
  await move(node, skus, tenth)
  const early = await measure(sql)
  // The log goes to the archive meanwhile, as a region's does: the disk holds a tenth of it as it was written at most.
  for (let moved = tenth; moved < movements; moved += tenth) {
    await move(node, skus, Math.min(tenth, movements - moved))
    await archiveAll(node, store)
  }
  const late = await measure(sql)
  const note = `${said}: ${movements} stock movements over ${skus} SKUs in lists of ${listSize} through one region's committer; baseline: after the first ${tenth}`
  const figures: readonly (readonly [string, string, keyof Sizes])[] = [
    ['stock rows', 'rows', 'stockRows'],
    ['rows of all tables but the log', 'rows', 'rows'],
    ['table of stock rows, indexes and dead rows included', 'bytes', 'stockBytes'],
    ['tables but the log, indexes and dead rows included', 'bytes', 'bytes'],
  ]
  for (const [figure, unit, name] of figures)
    print({ bench, figure, unit, value: late[name], baseline: early[name], note })
  await archiveAll(node, store)
  const size = await store.history.size()
  print({
    bench,
    figure: 'log in the archive, per movement',
    unit: 'bytes',
    value: size.storedBytes / movements,
    baseline: size.archivedBytes / movements,
    note: `${note.split(';')[0]}; compressed segments; baseline: the same commits as they lay in the log`,
  })
  print({
    bench,
    figure: 'commits left in the log after archiving',
    unit: 'commits',
    value: size.logCommits,
    baseline: size.archivedCommits + size.logCommits,
    note: 'all are stable and none has to wait; baseline: all commits',
  })
}

async function fillShop(node: Region, skus: number): Promise<void> {
  const chunk = 500
  for (let start = 0; start < skus; start += chunk) {
    const indexes = Array.from({ length: Math.min(chunk, skus - start) }, (_, index) => start + index)
    await Promise.all(
      indexes.map(async (index) => {
        const price = { amount: '12.50', currencyCode: 'GBP' }
        const input = {
          id: `product-${index}`,
          title: `Product ${index}`,
          variants: [{ sku: skuOf(index), title: 'one', price }],
        }
        const deadlineAt = Date.now() + 60_000
        const answer = await node.execute(upsertProduct, input as never, { principal, resent: false, deadlineAt })
        if (answer.status !== 'accepted') throw new Error(`a product was ${answer.status}`)
      }),
    )
    await send(
      node,
      indexes.map((index) => movement(index, 'RECEIPT', 1_000_000)),
    )
  }
}

function movement(sku: number, kind: StockMovementInput['kind'], quantity: number): StockMovementInput {
  return { id: `${kind}-${sku}`, sku: skuOf(sku), kind, quantity }
}

async function move(node: Region, skus: number, count: number): Promise<void> {
  let left = count / listSize
  const lane = async () => {
    for (; left > 0; ) {
      left -= 1
      const list = Array.from({ length: listSize }, (_, index) => ({
        ...movement(Math.floor(Math.random() * skus), index % 10 === 0 ? 'RECEIPT' : 'SALE', index % 10 === 0 ? 9 : 1),
        id: `m-${index}`,
      }))
      await send(node, list)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

async function send(node: Region, movements: readonly StockMovementInput[]): Promise<void> {
  const call = { principal, resent: false, deadlineAt: Date.now() + 60_000 }
  const answer = await node.execute(recordStockMovements, { movements: [...movements] }, call)
  if (answer.status !== 'accepted' || answer.result.accepted !== movements.length)
    throw new Error(`not every movement was accepted: ${JSON.stringify(answer).slice(0, 200)}`)
}

interface Sizes {
  readonly stockRows: number
  readonly rows: number
  readonly stockBytes: number
  readonly bytes: number
}

/** Counted, not estimated. */
async function measure(sql: postgres.Sql): Promise<Sizes> {
  const names = await sql<{ name: string }[]>`
    select relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r' and relname not in ('commits', 'log_segments')`
  const found = { stockRows: 0, rows: 0, stockBytes: 0, bytes: 0 }
  for (const { name } of names) {
    const [row] = await sql<{ rows: string; bytes: string }[]>`
      select (select count(*) from ${sql(name)}) as rows, pg_total_relation_size(${name}::regclass) as bytes`
    found.rows += Number(row?.rows)
    found.bytes += Number(row?.bytes)
    if (name !== 'stock_rows') continue
    found.stockRows = Number(row?.rows)
    found.stockBytes = Number(row?.bytes)
  }
  return found
}

async function archiveAll(node: Region, store: Store): Promise<void> {
  const request = { stable: node.frontier(), before: always, smallBefore: always }
  for (;;) if ((await store.history.archive(request)).commits === 0) return
}
