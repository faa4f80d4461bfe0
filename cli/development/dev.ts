// `causeway dev`: three regions and a gateway, each its own process, kept running until Ctrl-C. Composes the parts of
// development/; what each process does is its own command's matter.

import { fileURLToPath } from 'node:url'
import { Failure } from '../failure.ts'
import { ensureWritable } from '../folder.ts'
import { databaseName } from '../processes/database-name.ts'
import { untilTold } from '../processes/lifetime.ts'
import { type Layout, layOut, type Place } from './layout.ts'
import { stopServers } from './leftovers.ts'
import { takeLock } from './lock.ts'
import { checkPorts, removeState, writeConfiguration } from './prepare.ts'
import { openSampleShop } from './sample-data.ts'
import { welcome } from './screen.ts'
import { Supervisor } from './supervisor.ts'

export interface DevelopmentOptions {
  readonly directory: string
  readonly port: number
  readonly fresh: boolean
  readonly sample: boolean
  readonly colours: boolean
  /** Retires take orders: an operator's key lies in the folder. */
  readonly operatorKey: boolean
}

/** Children of a killed parent stop within this. */
const takeOverPatienceMs = 15_000

const command = fileURLToPath(new URL('../../bin/causeway.js', import.meta.url))

/** The example app, as built. */
const storefront = fileURLToPath(new URL('../../../examples/storefront/dist', import.meta.url))

export async function runDevelopment(options: DevelopmentOptions): Promise<void> {
  const startedAtMs = performance.now()
  const layout = layOut(options.directory, options.port)
  await ensureWritable(layout.directory)
  const lock = takeLock(layout.lockFile, layout.directory)
  try {
    await checkPorts([layout.gateway, ...layout.regions], lock.tookOver ? takeOverPatienceMs : 0)
    if (options.fresh) {
      refuseForeignState(layout)
      await stopServers(layout)
      await removeState(layout)
    }
    await writeConfiguration(layout, options.operatorKey)
    await runProcesses(layout, options, startedAtMs)
  } finally {
    lock.release()
  }
}

/** What lies on the user's own server is the user's to drop. */
function refuseForeignState({ regions }: Layout): void {
  const server = process.env.DATABASE_URL
  if (server === undefined || server === '') return
  const names = regions.map(({ name }) => databaseName(name)).join(', ')
  throw new Failure(`--fresh does not touch the server of DATABASE_URL; drop the databases ${names} yourself`)
}

async function runProcesses(layout: Layout, options: DevelopmentOptions, startedAtMs: number): Promise<void> {
  const regions = layout.regions.map((place) =>
    supervise(layout, place, ['region', place.name, '--data', layout.dataOf(place.name)]),
  )
  const gateway = supervise(layout, layout.gateway, ['gateway', '--app', `/storefront=${storefront}`])
  const interrupted = new AbortController()
  const told = untilTold().then(() => interrupted.abort())
  try {
    say(`starting ${layout.regions.map(({ name }) => name).join(', ')} …`)
    await orInterrupted(told, async () => {
      await Promise.all(regions.map((region) => region.start()))
      await gateway.start()
      if (options.sample) await openSampleShop(layout, interrupted.signal)
    })
    if (!interrupted.signal.aborted) {
      process.stdout.write(welcome(layout, (performance.now() - startedAtMs) / 1000, options.colours))
      await told
    }
  } finally {
    say('stopping …')
    // The gateway first, so that nobody is sent to a region that is going.
    await gateway.stop()
    await Promise.all(regions.map((region) => region.stop()))
    say('stopped')
  }
}

/** What fails because the user pressed Ctrl-C is no failure. */
async function orInterrupted(told: Promise<void>, work: () => Promise<void>): Promise<void> {
  let interrupted = false
  const stopped = told.then(() => {
    interrupted = true
  })
  try {
    await Promise.race([work(), stopped])
  } catch (error) {
    if (!interrupted) throw error
  }
}

function supervise(layout: Layout, place: Place, words: readonly string[]): Supervisor {
  return new Supervisor({
    name: place.name,
    command,
    arguments: [...words, '--config', layout.configurationFile],
    url: place.url,
    logFile: layout.logOf(place.name),
    say,
  })
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
