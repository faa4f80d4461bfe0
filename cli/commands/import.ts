// `causeway import online-retail`: reads the whole file, shows what is corrupt before anything is written, then replays
// it through the gateway.

import { type Command, InvalidArgumentError } from 'commander'
import type { ApiClient } from '../api/client.ts'
import { fetchRegions } from '../api/regions.ts'
import { Failure } from '../failure.ts'
import { runImport } from '../online-retail/import.ts'
import { type ImportPlan, makePlan } from '../online-retail/plan.ts'
import { Progress } from '../online-retail/progress.ts'
import { type CorruptLine, readRetailFile } from '../online-retail/read-file.ts'
import { count, formatSummary, summarize } from '../online-retail/report.ts'
import { interruptible, numberBetween, type SystemOptions, withClient, withSystemOptions } from './shared.ts'

interface ImportCommandOptions extends SystemOptions {
  readonly rate?: number
  readonly json?: true
  readonly skipCorrupt?: true
  readonly exactStock?: true
}

const corruptLinesShown = 10
const refusalsShown = 10

export function addImportCommand(program: Command): void {
  const command = program
    .command('import')
    .description('replay real transactions as catalogue, stock, customers, orders and returns')
    .argument('<data-set>', 'online-retail (the UCI "Online Retail" data set)', (text: string) => {
      if (text === 'online-retail') return text
      throw new InvalidArgumentError('The data set that can be imported is online-retail.')
    })
    .argument('<file>', 'CSV file, plain or gzipped')
  withSystemOptions(command)
    .option('--rate <n>', 'at most this many invoices a second', numberBetween(0.1, 1_000_000, false))
    .option('--skip-corrupt', 'leave out lines that cannot be read, instead of refusing the file')
    .option('--exact-stock', 'receive what the file sells and no more: the regions then have to share it out')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nCan be stopped with Ctrl-C and run again: nothing is doubled.')
    .action(async (_dataSet: string, file: string, options: ImportCommandOptions) => {
      await withClient(options, (client) => importOnlineRetail(client, file, options))
    })
}

async function importOnlineRetail(client: ApiClient, file: string, options: ImportCommandOptions): Promise<void> {
  const progress = new Progress(
    { isTerminal: process.stderr.isTTY === true, write: (text) => process.stderr.write(text) },
    Date.now,
  )
  const { rows, corrupt } = await readRetailFile(file)
  if (corrupt.length > 0 && options.skipCorrupt !== true) throw corruptFile(file, corrupt, progress)
  for (const line of corrupt) progress.note(`left out line ${line.line}: ${line.reason}`)
  const plan = makePlan(rows)
  progress.note(
    `${file}: ${count(rows.length, 'line')}; ${count(plan.orders.length, 'order')} of ` +
      `${count(plan.goods.length, 'product')} by ${count(plan.customers.length, 'known customer')}`,
  )
  const regions = (await fetchRegions(client)).map(({ id }) => id)
  checkRegions(plan, regions)

  const result = await interruptible(
    (signal) =>
      runImport(plan, {
        client,
        regions,
        signal,
        progress,
        now: () => performance.now(),
        exactStock: options.exactStock === true,
        ...(options.rate === undefined ? {} : { rate: options.rate }),
      }),
    () => {
      progress.note('')
      return 'stopped; run the same command again to go on: nothing is doubled'
    },
  )
  const summary = summarize(plan, result, corrupt.length, options.rate)
  process.stdout.write(options.json === true ? `${JSON.stringify(summary)}\n` : formatSummary(summary))
  if (summary.refused.length === 0) return
  for (const refusal of summary.refused.slice(0, refusalsShown)) {
    progress.note(`refused: ${refusal.subject}: ${refusal.code}: ${refusal.message}`)
  }
  throw new Failure(`the system refused ${summary.refused.length.toLocaleString('en')} of what the file holds`)
}

function corruptFile(file: string, corrupt: readonly CorruptLine[], progress: Progress): Failure {
  for (const { line, reason } of corrupt.slice(0, corruptLinesShown)) progress.note(`${file}:${line}: ${reason}`)
  const [first] = corrupt
  const others = corrupt.length > 1 ? ` and ${corrupt.length - 1} more` : ''
  return new Failure(
    `${file} has a corrupt line ${first?.line}${others}: ${first?.reason}; nothing was written (--skip-corrupt goes on without)`,
  )
}

function checkRegions(plan: ImportPlan, regions: readonly string[]): void {
  const needed = new Set([...plan.orders, ...plan.customers].map(({ region }) => region))
  const lacking = [...needed].filter((region) => !regions.includes(region))
  if (lacking.length === 0) return
  throw new Failure(`the file's countries belong to ${lacking.join(', ')}, and this system has ${regions.join(', ')}`)
}
