// What the SDK costs on a device: loading a catalogue, showing it after a start, changing something, coming back with a long queue, and
// what a day of a shop sends. Beside it automerge-repo, where it can do the same.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Caller } from '../caller.ts'
import { startCluster } from '../cluster.ts'
import { type Figure, print } from '../figure.ts'
import { readOptions } from '../options.ts'
import { stockShop } from '../shop.ts'
import { browserFigures, missingForBrowser } from './browser/compare.ts'
import { dayOfShop } from './day.ts'
import { run, start } from './task.ts'

/** A tenth of a large device, so that all of it takes minutes on a slow machine, too; docs/BENCHMARKS.md names the whole. */
const defaults = { documents: 1_000, changes: 1_000, commands: 100, edits: 500, orders: 300, rounds: 3 }
const parts = ['catalogue', 'writes', 'reconnect', 'day', 'browser'] as const
const region = 'eu-west-1'
const queuedSkus = 100

type Numbers = Readonly<Record<keyof typeof defaults, number>>
/** A folder of its own for each process. */
type Folder = (name: string) => string

export async function devicesBench(words: readonly string[]): Promise<void> {
  const { numbers, on } = readOptions(words, defaults, parts)
  const chosen = on.size === 0 ? new Set<string>(parts) : on
  const root = await mkdtemp(join(tmpdir(), 'causeway-devices-'))
  const folder: Folder = (name) => join(root, name)
  try {
    if (chosen.has('writes')) await writes(numbers, folder)
    if (chosen.has('catalogue')) await withShop(numbers.documents, (url) => catalogue(url, numbers, folder))
    if (chosen.has('reconnect')) await withShop(queuedSkus, (url, caller) => reconnect(url, caller, numbers, folder))
    if (chosen.has('browser')) await inBrowser(numbers, folder)
    if (chosen.has('day')) await withShop(1_000, (url, caller) => dayOfShop(url, caller, numbers.orders))
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

async function withShop(products: number, measure: (url: string, caller: Caller) => Promise<void>): Promise<void> {
  const cluster = await startCluster({ regions: [region] })
  const [{ url } = { url: '' }] = cluster.regions
  const caller = new Caller(url)
  try {
    await stockShop(caller, products, 10_000)
    await measure(url, caller)
  } finally {
    await caller.close()
    await cluster.stop()
  }
}

function figure(name: string, unit: string, value: number, baseline: number | null, note: string): Figure {
  return { bench: 'devices', figure: name, unit, value, baseline, note }
}

async function catalogue(url: string, { documents }: Numbers, folder: Folder): Promise<void> {
  const loaded = await run({ do: 'load', url, directory: folder('sdk') })
  if (loaded.documents !== documents) throw new Error(`${loaded.documents} of ${documents} products were loaded`)
  const warm = await run({ do: 'render', directory: folder('sdk') })
  if (warm.documents !== documents) throw new Error(`${warm.documents} of ${documents} products were stored`)
  const server = start({ do: 'repo serve', directory: folder('.'), documents })
  try {
    const { port } = await server.said
    const addresses = join(folder('.'), 'addresses.json')
    const repo = await run({ do: 'repo load', url: `ws://127.0.0.1:${port}`, directory: folder('repo'), addresses })
    const repoWarm = await run({ do: 'repo render', directory: folder('repo'), addresses })
    const beside = `${documents} products in files; baseline: automerge-repo, as many documents of the same content`
    const say = (name: string, unit: string, value = 0, baseline = 0) =>
      print(figure(name, unit, value, baseline, beside))
    say('cold: from an empty device until all is durable', 'ms', loaded.ms, repo.ms)
    say('cold: memory at its highest', 'MB', loaded.megabytes, repo.megabytes)
    say('warm: from the start of the app to the first 20', 'ms', warm.firstMs, repoWarm.firstMs)
    say('warm: from the start of the app to all', 'ms', warm.allMs, repoWarm.allMs)
    say('warm: memory at its highest', 'MB', warm.megabytes, repoWarm.megabytes)
  } finally {
    await server.stop()
  }
}

async function inBrowser(numbers: Numbers, folder: Folder): Promise<void> {
  const missing = missingForBrowser()
  if (missing !== null) return console.error(`devices: nothing was measured in a browser: ${missing}`)
  await browserFigures({ ...numbers, profile: (name) => folder(`profile-${name}`) })
}

async function writes({ edits: count }: Numbers, folder: Folder): Promise<void> {
  const sdk = await run({ do: 'write', directory: folder('sdk-writes'), count })
  const repo = await run({ do: 'repo write', directory: folder('repo-writes'), count })
  const note = `${count} changes of carts, ten of each, offline, synced to the disk; baseline: automerge-repo, flushed but not synced`
  print(figure('a change until it is kept and shown, p50', 'ms', sdk.p50 ?? 0, repo.p50 ?? 0, note))
  print(figure('a change until it is kept and shown, p99', 'ms', sdk.p99 ?? 0, repo.p99 ?? 0, note))
}

async function reconnect(url: string, caller: Caller, { changes, commands }: Numbers, folder: Folder): Promise<void> {
  const directory = folder('queue')
  const queued = await run({ do: 'queue', url, directory, changes, commands, skus: queuedSkus })
  const back = await run({ do: 'reconnect', url, directory })
  if (back.queued !== changes + commands || back.refused !== 0)
    throw new Error(`${back.queued} pieces were queued, ${back.refused} were refused`)
  const plainMs = await plainOrders(caller, commands)
  const note = `${changes} changes of ${Math.ceil(changes / 10)} carts and ${commands} orders, from the start of the app`
  const beside = `; baseline: the ${commands} orders alone, one plain call after another`
  print(figure('reconnect: until every outcome is in', 'ms', back.ms ?? 0, plainMs, note + beside))
  print(figure('reconnect: until the queue is taken up', 'ms', back.openedMs ?? 0, null, note))
  print(figure('reconnect: memory at its highest', 'MB', back.megabytes ?? 0, null, note))
  print(figure('queueing: all of it, each piece durable', 'ms', queued.ms ?? 0, null, note))
}

async function plainOrders(caller: Caller, count: number): Promise<number> {
  const query = 'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { userErrors { code message } } }'
  const begun = performance.now()
  for (let index = 0; index < count; index += 1)
    await caller.call(query, {
      input: { id: `plain-${index}`, lines: [{ sku: `sku-${index % queuedSkus}`, quantity: 1 }] },
    })
  return performance.now() - begun
}
