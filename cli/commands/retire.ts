// `causeway retire ID`: takes a region out of the cluster for good, and waits until the others have agreed on the end of its
// log.

import { createInterface } from 'node:readline/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { counted } from '@causeway/schema/counted'
import type { Command } from 'commander'
import { z } from 'zod'
import type { ApiClient } from '../api/client.ts'
import { fetchRegions, type RegionReport } from '../api/regions.ts'
import { Failure } from '../failure.ts'
import { needsOrder, prepareOrder, sayDifferentKeys, sayOrder, signWith } from './retire-order.ts'
import { numberBetween, type SystemOptions, withClient, withSystemOptions } from './shared.ts'

interface RetireOptions extends SystemOptions {
  readonly yes?: true
  readonly override?: true
  readonly note?: string
  readonly timeout: number
  readonly operatorKey?: string
  readonly valid: number
  readonly by?: string
  readonly printOrder?: true
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
    .option('--operator-key <file>', 'sign the order that it takes where the regions have keys of operators')
    .option('--by <region>', 'the region that is to take the order up, and to take over (default: a healthy one)')
    .option('--valid <min>', 'until when the order may be taken up, in minutes', numberBetween(1, 1_440), 10)
    .option('--print-order', 'sign the order and print it, and send nothing')
    .option('--timeout <s>', 'how long to wait for the others to agree, in seconds', numberBetween(1, 86_400), 120)
    .action(async (region: string, options: RetireOptions) => {
      await withClient(options, (client) => retire(client, region, options))
    })
}

async function retire(client: ApiClient, id: string, options: RetireOptions): Promise<void> {
  const regions = await fetchRegions(client)
  const before = find(regions, id)
  if (before.state === 'RETIRED') {
    process.stdout.write(`${id} is retired already\n`)
    return
  }
  const sign = orderFor(regions, id, options)
  if (options.printOrder === true) {
    if (sign === null) throw new Failure('no keys of operators are configured: it takes no order')
    process.stdout.write(`${(await sign()).order}\n`)
    return
  }
  process.stdout.write(`${words(before, options.override === true)}\n`)
  if (options.yes !== true && !(await isAgreed(id))) throw new Failure('nothing was done')
  const override = options.override === true
  const signed = sign === null ? null : await sign()
  const note = options.note !== undefined && { note: options.note }
  const input = { region: id, override, ...note, ...(signed !== null && { order: signed.order }) }
  const asked = signed === null ? {} : { region: signed.by }
  const { retireRegion } = await client.call(answerSchema, retireMutation, { input }, asked)
  if (retireRegion.userErrors.length > 0)
    throw new Failure(retireRegion.userErrors.map(({ message }) => message).join(' '))
  const until = performance.now() + options.timeout * 1_000
  let said = before.reason
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

/** Says what is to be signed, and to whom it may matter. Null where it takes no order. */
function orderFor(regions: readonly RegionReport[], id: string, options: RetireOptions) {
  const { operatorKey, override, valid, by } = options
  if (!needsOrder(regions)) {
    if (operatorKey !== undefined)
      process.stderr.write('No keys of operators are configured: it takes no order, and none is signed.\n')
    return null
  }
  if (operatorKey === undefined)
    throw new Failure(
      'here it takes an order that an operator has signed to retire a region: say --operator-key FILE (causeway operator-key makes one, and says where its public key goes)',
    )
  const choices = { overrides: override === true, validMinutes: valid, by }
  const order = prepareOrder(regions, id, choices, Date.now())
  const different = sayDifferentKeys(regions)
  process.stderr.write(`${sayOrder(order, operatorKey)}\n${different === null ? '' : `${different}\n`}`)
  return async () => ({ by: order.by, order: JSON.stringify(await signWith(operatorKey, order, regions)) })
}

function find(regions: readonly RegionReport[], id: string): RegionReport {
  const region = regions.find((one) => one.id === id)
  if (region === undefined) throw new Failure(`there is no region ${id}: ${regions.map((one) => one.id).join(', ')}`)
  return region
}

/** What is to be known before it is done. */
export function words(region: Pick<RegionReport, 'id' | 'state' | 'openIncidents'>, override: boolean): string {
  const { id, state, openIncidents } = region
  const risk = override
    ? ' With --override nobody else need agree: what only regions that cannot be asked hold of its log is given up.'
    : ''
  const alive =
    state === 'UNREACHABLE' ? '' : ` It is ${state} now: what it writes from here on is refused or salvaged.`
  const incidents = openIncidents
    ? ` Nobody can ask it for its ${counted(openIncidents, 'open incident')} then: look first (incidents(open: true), causeway-region: ${id}).`
    : ''
  return (
    `${id} leaves the cluster for good. The others agree how far its log goes, take over its stock and its reservations, and ` +
    `apply nothing that it has written beyond.${alive}${incidents}${risk}`
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
