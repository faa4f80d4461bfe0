// The process of a node whose database is replaced by an older copy of itself while it runs. On a real database, as whatever starts
// the process sees it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testDatabase } from '@causeway/db/test-database'
import { expect, it, onTestFinished } from 'vitest'
import { ask } from '../support/ask.ts'
import { copyDatabase, putInPlace } from '../support/copy-database.ts'
import { cannotStart, causewayWhile, freePorts, isReady, until } from '../support/development.ts'

const us = 'us-east-1'
const upsert = `mutation ($input: UpsertProductInput!) { upsertProduct(input: $input) { userErrors { code } } }`

it.skipIf(cannotStart !== null)(
  'W8: a node that is led to an older copy of its database ends, with exit code 1 and the reason in its log',
  { timeout: 90_000 },
  async () => {
    const database = await testDatabase(us)
    const copy = await copyDatabase(database.url, { recovered: false })
    const folder = await mkdtemp(join(tmpdir(), 'causeway-replaced-'))
    onTestFinished(async () => {
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    })
    const port = await freePorts(1)
    const url = `http://127.0.0.1:${port}`
    const region = { id: us, url, listen: { host: '127.0.0.1', port }, database: database.url }
    const file = join(folder, 'causeway.json')
    const secret = 'a secret of this test alone, of thirty-two bytes'
    await writeFile(file, JSON.stringify({ regions: [region], auth: { mode: 'development' }, cluster: { secret } }))

    const { code, output, errors } = await causewayWhile(['region', us, '--config', file], async (child) => {
      // Whatever fails before, the process is not left behind.
      onTestFinished(() => void child.kill('SIGKILL'))
      await until('the node is ready', 60_000, () => isReady(url))
      const variants = [{ sku: 'mug-sku', title: 'mug', price: { amount: '1.00', currencyCode: 'GBP' } }]
      const written = await ask(url, upsert, { input: { id: 'mug', title: 'mug', variants } })
      expect(written.data).toEqual({ upsertProduct: { userErrors: [] } })
      await putInPlace(copy, database.url)
      // It finds out when it is to write.
      await until('the process has ended', 60_000, async () => {
        await ask(url, upsert, { input: { id: 'mug', title: 'mug', variants } }).catch(() => null)
        return child.exitCode !== null
      })
    })
    expect(code).toBe(1)
    expect(output + errors).toMatch(/this node is of no use with its database any more/)
  },
)
