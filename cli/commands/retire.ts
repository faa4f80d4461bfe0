// `causeway retire ID`: takes a region out of the cluster for good, and waits until the others have agreed on the end of its
// log.

import { createInterface } from 'node:readline/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { z } from 'zod'
import type { ApiClient } from '../api/client.ts'
import { fetchRegions, type RegionReport } from '../api/regions.ts'
import { Failure } from '../failure.ts'
import { numberBetween, type SystemOptions, withClient, withSystemOptions } from './shared.ts'

interface RetireOptions extends SystemOptions {
  readonly yes?: true
  readonly override?: true
  readonly note?: string
  readonly timeout: number
}

const everyMs = 500

const retireMutation = `mutation Retire($input: RegionInput!) {
  retireRegion(input: $input) { region { id } userErrors { message } }
}`

const answerSchema = z.object({
  retireRegion: z.object({ userErrors: z.array(z.object({ message: z.string() })) }),
})

export function addRetireCommand(program: Command): void {
  const command = program
    .command('retire')
    .argument('<region>', 'the region that is lost')
    .description('take a region out of the cluster for good: the others end its log and take over its stock')
  withSystemOptions(command)
    .option('--yes', 'do not ask')
    .option('--override', 'decide it without a majority of the regions, or together with others that are being retired')
    .option('--note <text>', 'why; kept with the event')
    .option('--timeout <s>', 'how long to wait for the others to agree, in seconds', numberBetween(1, 86_400), 120)
    .action(async (region: string, options: RetireOptions) => {
      await withClient(options, (client) => retire(client, region, options))
    })
}

async function retire(client: ApiClient, id: string, options: RetireOptions): Promise<void> {
  const before = find(await fetchRegions(client), id)
  if (before.state === 'RETIRED') {
    process.stdout.write(`${id} is retired already\n`)
    return
  }
  process.stdout.write(`${words(before, options.override === true)}\n`)
  if (options.yes !== true && !(await isAgreed(id))) throw new Failure('nothing was done')
  const override = options.override === true
  const input = { region: id, override, ...(options.note !== undefined && { note: options.note }) }
  const { retireRegion } = await client.call(answerSchema, retireMutation, { input })
  if (retireRegion.userErrors.length > 0)
    throw new Failure(retireRegion.userErrors.map(({ message }) => message).join(' '))
  const until = performance.now() + options.timeout * 1_000
  let said = ''
  for (;;) {
    const now = find(await fetchRegions(client), id)
    if (now.state === 'RETIRED') break
    if (now.reason !== said) process.stdout.write(`${id}: ${now.reason}\n`)
    said = now.reason
    if (performance.now() > until)
      throw new Failure(`${id} is not retired after ${options.timeout} s; it goes on by itself: ${now.reason}`)
    await pause(everyMs)
  }
  process.stdout.write(`${id} is retired; what it could have sold is being taken over (causeway status, incidents)\n`)
}

function find(regions: readonly RegionReport[], id: string): RegionReport {
  const region = regions.find((one) => one.id === id)
  if (region === undefined) throw new Failure(`there is no region ${id}: ${regions.map((one) => one.id).join(', ')}`)
  return region
}

function words({ id, state }: RegionReport, override: boolean): string {
  const risk = override
    ? ' With --override nobody else need agree: what only regions that cannot be asked hold of its log is given up.'
    : ''
  const alive =
    state === 'UNREACHABLE' ? '' : ` It is ${state} now: what it writes from here on is refused or salvaged.`
  return (
    `${id} leaves the cluster for good. The others agree how far its log goes, take over its stock and its reservations, and ` +
    `apply nothing that it has written beyond.${alive}${risk}`
  )
}

async function isAgreed(id: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) throw new Failure('say --yes where nobody can be asked')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return (await terminal.question(`Type ${id} to go on: `)).trim() === id
  } finally {
    terminal.close()
  }
}
