// `causeway verify`: waits until nothing moves, then compares all regions and checks what must hold.

import { counted, plural } from '@causeway/schema/counted'
import type { Command } from 'commander'
import type { ApiClient } from '../api/client.ts'
import { fetchRegions } from '../api/regions.ts'
import { Failure } from '../failure.ts'
import { type Check, checkDigests, type RegionContent, runChecks } from '../verify/checks.ts'
import { untilQuiet } from '../verify/quiet.ts'
import { readOrders, readProducts } from '../verify/region-state.ts'
import { numberBetween, type SystemOptions, withClient, withSystemOptions } from './shared.ts'

interface VerifyOptions extends SystemOptions {
  readonly json?: true
  readonly timeout: number
}

const brokenShown = 20
const waitNoticeEveryMs = 3_000

export function addVerifyCommand(program: Command): void {
  const command = program
    .command('verify')
    .description("wait for quiet, then compare every region's digests, documents and invariants")
  withSystemOptions(command)
    .option('--timeout <s>', 'how long to wait for quiet, in seconds', numberBetween(1, 86_400), 60)
    .option('--json', 'print JSON')
    .action(async (options: VerifyOptions) => {
      await withClient(options, (client) => verify(client, options))
    })
}

async function verify(client: ApiClient, options: VerifyOptions): Promise<void> {
  const reports = await fetchRegions(client)
  const regions = reports.filter(({ state }) => state !== 'RETIRED').map(({ id }) => id)
  let noticeAtMs = performance.now() + waitNoticeEveryMs
  const statuses = await untilQuiet(client, regions, {
    timeoutMs: options.timeout * 1000,
    now: () => performance.now(),
    onWait: (why) => {
      if (performance.now() < noticeAtMs) return
      noticeAtMs = performance.now() + waitNoticeEveryMs
      process.stderr.write(`waiting: ${why}\n`)
    },
  })
  const contents = await Promise.all(regions.map((region) => readContent(client, region)))
  const checks = [checkDigests(statuses), ...runChecks(contents)]
  const frontier = statuses[0]?.frontier ?? {}
  const events = Object.values(frontier).reduce((sum, sequence) => sum + sequence, 0)
  const broken = checks.flatMap((check) => check.broken)

  if (options.json === true) {
    process.stdout.write(
      `${JSON.stringify({ ok: broken.length === 0, regions, frontier, events, digests: statuses, checks })}\n`,
    )
  } else {
    process.stdout.write(
      `${counted(regions.length, 'region')} ${plural(regions.length, 'is', 'are')} quiet at ${events.toLocaleString('en')} ${plural(events, 'event')}\n`,
    )
    for (const check of checks) process.stdout.write(`${formatCheck(check)}\n`)
    const lines =
      contents[0] === undefined
        ? 0
        : [...contents[0].orders.values()].reduce((sum, order) => sum + order.lines.length, 0)
    process.stdout.write(
      `  ${lines.toLocaleString('en')} order ${plural(lines, 'line was', 'lines were')} compared in each region\n`,
    )
  }
  if (broken.length > 0)
    throw new Failure(`the regions are not as they should be: ${counted(broken.length, 'difference')}`)
}

function formatCheck(check: Check): string {
  const verdict = check.broken.length === 0 ? 'ok  ' : 'FAIL'
  const shown = check.broken.slice(0, brokenShown).map((line) => `       ${line}`)
  const more = check.broken.length - shown.length
  if (more > 0) shown.push(`       and ${more} more`)
  return [`${verdict} ${check.name} (${check.checked.toLocaleString('en')} checked)`, ...shown].join('\n')
}

async function readContent(client: ApiClient, region: string): Promise<RegionContent> {
  const products = new Map()
  for await (const product of readProducts(client, region)) products.set(product.id, product)
  const orders = new Map()
  for await (const order of readOrders(client, region)) orders.set(order.id, order)
  return { region, products, orders }
}
