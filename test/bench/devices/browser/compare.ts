// The SDK beside RxDB where both keep data for nothing and durably: in a browser, on IndexedDB. Each visit is a browser process of its
// own; the two take turns, and each figure is the median of the rounds.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { hasChromium } from '../../../browser/chromium.ts'
import { Caller } from '../../caller.ts'
import { startCluster } from '../../cluster.ts'
import { percentile, print } from '../../figure.ts'
import { stockShop } from '../../shop.ts'
import { type PageServer, servePages } from './page-server.ts'
import type { RxdbWay } from './page-task.ts'
import { type Visit, visit } from './visit.ts'

export interface BrowserRun {
  readonly documents: number
  readonly edits: number
  readonly rounds: number
  /** An empty folder for a browser's profile, under a name that no other has. */
  readonly profile: (name: string) => string
}

interface Catalogue {
  readonly cold: Visit
  readonly warm: Visit
}

const region = 'eu-west-1'
const installed = fileURLToPath(new URL('../rxdb/node_modules/rxdb', import.meta.url))
/** The same promise as ours, and the same kind of sync. */
const alike: RxdbWay = { durability: 'strict', by: 'replication' }
/** The least that RxDB can be asked for: nothing is followed, nothing waits for the disk. */
const least: RxdbWay = { durability: 'default', by: 'insert' }

/** What is missing for this part, in a line that says what to do about it; null where nothing is. */
export function missingForBrowser(): string | null {
  if (!hasChromium) return 'there is no Chromium: set CHROMIUM'
  return existsSync(installed) ? null : 'RxDB is not installed: npm ci --prefix test/bench/devices/rxdb'
}

export async function browserFigures(run: BrowserRun): Promise<void> {
  const cluster = await startCluster({ regions: [region], gateway: true })
  const server = await servePages(['sdk', 'rxdb'], run.documents)
  try {
    const caller = new Caller(cluster.regions[0]?.url ?? '')
    await stockShop(caller, run.documents, 0)
    await caller.close()
    await catalogue(run, server, cluster.gateway ?? '')
  } finally {
    await server.stop()
    await cluster.stop()
  }
  const alone = await servePages(['sdk', 'rxdb'], 0)
  try {
    await writes(run, alone)
  } finally {
    await alone.stop()
  }
}

async function catalogue(run: BrowserRun, server: PageServer, gateway: string): Promise<void> {
  const sdk: Catalogue[] = []
  const same: Catalogue[] = []
  const bare: Catalogue[] = []
  const rxdb = async (way: RxdbWay, profile: string): Promise<Catalogue> => {
    const { documents } = run
    const cold = await visit(server.url, 'rxdb', profile, { do: 'load', from: server.url, documents, way })
    return checked({ cold, warm: await visit(server.url, 'rxdb', profile, { do: 'render', way }) }, documents)
  }
  for (let round = 0; round < run.rounds; round += 1) {
    const profile = run.profile(`sdk-${round}`)
    const { documents } = run
    const cold = await visit(server.url, 'sdk', profile, { do: 'load', from: gateway, documents })
    sdk.push(checked({ cold, warm: await visit(server.url, 'sdk', profile, { do: 'render' }) }, documents))
    same.push(await rxdb(alike, run.profile(`rxdb-${round}`)))
    bare.push(await rxdb(least, run.profile(`rxdb-least-${round}`)))
  }
  sayCatalogue(run, sdk, same, 'RxDB on Dexie, by its replication over HTTP, transactions strict as ours')
  sayCatalogue(run, sdk, bare, 'RxDB on Dexie at its least: one bulkInsert of one answer, not synced to the disk')
}

function checked(seen: Catalogue, documents: number): Catalogue {
  for (const [when, one] of Object.entries(seen))
    if (one.documents !== documents) throw new Error(`${when}: ${one.documents} of ${documents} products were there`)
  return seen
}

function sayCatalogue(run: BrowserRun, sdk: readonly Catalogue[], rxdb: readonly Catalogue[], beside: string): void {
  const work = `${run.documents} products on IndexedDB in Chromium, from the navigation, median of ${run.rounds}`
  const note = `${work}; ours by a gateway and a region; baseline: ${beside}`
  const say = (figure: string, unit: string, of: (one: Catalogue) => number | undefined) =>
    print({ bench: 'devices', figure, unit, value: median(sdk, of), baseline: median(rxdb, of), note })
  const knowsProcesses = sdk.every(({ cold, warm }) => cold.processBytes !== null && warm.processBytes !== null)
  say('browser, cold: until all is durable', 'ms', ({ cold }) => cold.ms)
  say('browser, cold: memory with all of it shown', 'MB', ({ cold }) => cold.memoryBytes / 1e6)
  if (knowsProcesses)
    say("browser, cold: the page's process at its highest", 'MB', ({ cold }) => (cold.processBytes ?? 0) / 1e6)
  say('browser, warm: to the first 20', 'ms', ({ warm }) => warm.firstMs)
  say('browser, warm: to all', 'ms', ({ warm }) => warm.allMs)
  say('browser, warm: memory with all of it shown', 'MB', ({ warm }) => warm.memoryBytes / 1e6)
  if (knowsProcesses)
    say("browser, warm: the page's process at its highest", 'MB', ({ warm }) => (warm.processBytes ?? 0) / 1e6)
  say('browser: stored', 'MB', ({ warm }) => warm.storedBytes / 1e6)
}

async function writes(run: BrowserRun, server: PageServer): Promise<void> {
  const sdk: Visit[] = []
  const same: Visit[] = []
  const relaxed: Visit[] = []
  const count = run.edits
  for (let round = 0; round < run.rounds; round += 1) {
    sdk.push(await visit(server.url, 'sdk', run.profile(`sdk-writes-${round}`), { do: 'write', count }))
    const rxdb = (way: RxdbWay) =>
      visit(server.url, 'rxdb', run.profile(`rxdb-writes-${way.durability}-${round}`), { do: 'write', count, way })
    same.push(await rxdb(alike))
    relaxed.push(await rxdb(least))
  }
  sayWrites(run, sdk, same, 'RxDB on Dexie, transactions strict as ours')
  sayWrites(run, sdk, relaxed, 'RxDB on Dexie as it comes: Chromium answers before the disk has the data')
}

function sayWrites(run: BrowserRun, sdk: readonly Visit[], rxdb: readonly Visit[], beside: string): void {
  const work = `${run.edits} changes of carts, ten of each, offline, on IndexedDB in Chromium, ours strict, median of ${run.rounds}`
  for (const share of [0.5, 0.99]) {
    const of = ({ times = [] }: Visit) => percentile(times, share)
    const figure = `browser: a change until it is kept and shown, p${share * 100}`
    const values = { unit: 'ms', value: median(sdk, of), baseline: median(rxdb, of) }
    print({ bench: 'devices', figure, ...values, note: `${work}; baseline: ${beside}` })
  }
}

function median<Sample>(samples: readonly Sample[], of: (sample: Sample) => number | undefined): number {
  return percentile(
    samples.map((sample) => of(sample) ?? Number.NaN),
    0.5,
  )
}
