// A month of a real shop's invoices through three regions of real processes: interrupted half way, run again, verified,
// and counted independently. Needs the data: RETAIL_DATA names its folder.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countTotals, type Totals } from './independent-totals.ts'

const command = fileURLToPath(new URL('../../cli/bin/causeway.js', import.meta.url))
const compiled = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url))
const folder = process.env.RETAIL_DATA
const file = folder === undefined ? '' : join(folder, 'online-retail-2010-12.csv.gz')
const missing =
  folder === undefined
    ? 'RETAIL_DATA is not set'
    : !existsSync(file)
      ? `there is no ${file}`
      : !existsSync(compiled)
        ? 'cli/dist is missing: npm run build'
        : null

interface Finished {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

describe.skipIf(missing !== null)(
  `an import of real invoices${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    let directory: string
    let gateway: string
    let development: ChildProcess | undefined

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'causeway-import-'))
      const port = await fourFreePorts()
      gateway = `http://127.0.0.1:${port}`
      const words = ['dev', '--no-sample', '--port', String(port), '--data', join(directory, 'state')]
      development = spawn(process.execPath, [command, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
      await untilPrinted(development, 'Causeway is running')
    }, 180_000)

    afterAll(async () => {
      if (development !== undefined && development.exitCode === null) {
        const ended = new Promise((resolve) => development?.once('exit', resolve))
        development.kill('SIGTERM')
        await ended
      }
      if (directory !== undefined) await rm(directory, { recursive: true, force: true })
    }, 60_000)

    it('stopped half way and run again, it is whole and nothing is doubled', { timeout: 600_000 }, async () => {
      const words = ['import', 'online-retail', file, '--url', gateway, '--json']
      const stopped = await run([...words, '--rate', '300'], async (child) => {
        await untilOrders(gateway, 100)
        child.kill('SIGINT')
      })
      expect(stopped.code, stopped.errors).toBe(1)
      expect(stopped.errors).toContain('run the same command again')

      const finished = await run(words)
      expect(finished.code, finished.errors).toBe(0)
      const again = await run(words)
      expect(again.code, again.errors).toBe(0)

      const verified = await run(['verify', '--url', gateway])
      expect(verified.code, verified.output + verified.errors).toBe(0)

      const expected = countTotals(file)
      expect(await totalsOf(gateway)).toEqual(expected)
      const { regions } = JSON.parse(finished.output) as {
        regions: { region: string; orders: number; lines: number }[]
      }
      for (const { region, orders, lines } of regions) expect({ orders, lines }).toMatchObject(pick(expected[region]))
    })
  },
)

function pick(totals: Totals | undefined) {
  return { orders: totals?.orders, lines: totals?.lines }
}

async function run(words: readonly string[], during?: (child: ChildProcess) => Promise<void>): Promise<Finished> {
  const child = spawn(process.execPath, [command, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  await during?.(child)
  return { code: await ended, output, errors }
}

function untilPrinted(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes(words)) resolve()
    })
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)))
  })
}

async function query(url: string, text: string, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: text }),
  })
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown }
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return data
}

interface OrdersPage {
  readonly orders: {
    readonly totalCount: number | null
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
    readonly edges: readonly {
      readonly node: {
        readonly region: string
        readonly lines: readonly { readonly quantity: number; readonly unitPrice: { readonly amount: string } }[]
      }
    }[]
  }
}

async function untilOrders(url: string, count: number): Promise<void> {
  for (;;) {
    const { orders } = (await query(
      url,
      '{ orders(first: 1) { totalCount pageInfo { hasNextPage endCursor } edges { node { region lines { quantity } } } } }',
    )) as OrdersPage
    if ((orders.totalCount ?? 0) >= count) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function totalsOf(url: string): Promise<Record<string, Totals>> {
  const totals: Record<string, Totals> = {}
  let after = ''
  for (;;) {
    const page = `orders(first: 100${after === '' ? '' : `, after: ${JSON.stringify(after)}`})`
    const { orders } = (await query(
      url,
      `{ ${page} { totalCount pageInfo { hasNextPage endCursor } edges { node { region lines { quantity unitPrice { amount } } } } } }`,
    )) as OrdersPage
    for (const { node } of orders.edges) {
      totals[node.region] ??= { orders: 0, lines: 0, units: 0, revenue: 0 }
      const total = totals[node.region] as Totals
      total.orders += 1
      for (const { quantity, unitPrice } of node.lines) {
        total.lines += 1
        total.units += quantity
        total.revenue += quantity * Math.round(Number(unitPrice.amount) * 100)
      }
    }
    if (!orders.pageInfo.hasNextPage) return totals
    after = orders.pageInfo.endCursor
  }
}

/** The first of four ports in a row that nobody listens on. */
async function fourFreePorts(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const first = 20_000 + Math.floor(Math.random() * 20_000)
    const free = await Promise.all([0, 1, 2, 3].map((offset) => isFree(first + offset)))
    if (free.every((isOne) => isOne)) return first
  }
  throw new Error('no four free ports in a row')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
