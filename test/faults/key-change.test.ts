// An operator changes the key that a region signs with: by the commands and the steps that docs/OPERATIONS.md names, on real
// processes that are restarted one after the other, each on its own Postgres.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type TestDatabase, testDatabase } from '@causeway/db/test-database'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { cannotStart, causeway, freePorts, isReady, until } from '../support/development.ts'

const [eu, us] = ['eu-west-1', 'us-east-1'] as const
const ids = [eu, us] as const
type Id = (typeof ids)[number]
const command = fileURLToPath(new URL('../../cli/bin/causeway.js', import.meta.url))

const upsertProduct = `mutation ($input: UpsertProductInput!) { upsertProduct(input: $input) { userErrors { message } } }`
const readProduct = 'query ($id: ID!) { product(id: $id) { title } }'
const readFaults = '{ regionStatus { replication { from faults lastFault } } }'

interface Node {
  readonly process: ChildProcess
  readonly said: () => string
}

describe.skipIf(cannotStart !== null)(
  `a region's signing key${cannotStart === null ? '' : ` (skipped: ${cannotStart})`}`,
  () => {
    const databases = new Map<Id, TestDatabase>()
    const nodes = new Map<Id, Node>()
    const keys: Record<Id, { file: string; known: string[] }> = { [eu]: empty(), [us]: empty() }
    let directory = ''
    let port = 0

    const urlOf = (id: Id) => `http://127.0.0.1:${port + ids.indexOf(id)}`

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'causeway-test-'))
      port = await freePorts(ids.length)
      for (const id of ids) {
        databases.set(id, await testDatabase(id))
        keys[id].file = join(directory, `${id}.pem`)
        keys[id].known = [await makeKey(id, keys[id].file)]
      }
      for (const id of ids) await start(id)
    }, 120_000)

    afterAll(async () => {
      for (const id of nodes.keys()) await stop(id)
      for (const database of databases.values()) await database.drop()
      await rm(directory, { recursive: true, force: true })
    }, 60_000)

    /** By the command; its public key. */
    async function makeKey(id: Id, file: string): Promise<string> {
      const { code, output } = await causeway('keys', id, '--out', file, '--json')
      expect(code, output).toBe(0)
      return (JSON.parse(output) as { publicKey: string }).publicKey
    }

    /** With the configuration as it stands now: each region reads a file of its own, as each machine has one. */
    async function start(id: Id): Promise<void> {
      const regions = ids.map((each) => ({
        id: each,
        url: urlOf(each),
        listen: { host: '127.0.0.1', port: port + ids.indexOf(each) },
        database: databases.get(each)?.url,
        signingKeyFile: keys[each].file,
        publicKeys: keys[each].known,
      }))
      const file = join(directory, `${id}.json`)
      await writeFile(file, JSON.stringify({ regions, cluster: { secret: 'a secret of the test' } }))
      const child = spawn(process.execPath, [command, 'region', id, '--config', file], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let said = ''
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text
        })
      nodes.set(id, { process: child, said: () => said })
      await until(`${id} is ready: ${said}`, 30_000, () => isReady(urlOf(id)))
    }

    async function stop(id: Id): Promise<void> {
      const child = nodes.get(id)?.process
      if (child === undefined || child.exitCode !== null) return
      const closed = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      await closed
    }

    async function restart(id: Id): Promise<void> {
      await stop(id)
      await start(id)
    }

    async function write(product: string): Promise<void> {
      const variants = [{ sku: `${product}-sku`, title: 'one', price: { amount: '4.00', currencyCode: 'GBP' } }]
      const { data, errors } = await ask<{ upsertProduct: { userErrors: readonly object[] } }>(
        urlOf(us),
        upsertProduct,
        { input: { id: product, title: `the ${product}`, variants } },
      )
      expect({ data, errors }).toEqual({ data: { upsertProduct: { userErrors: [] } }, errors: [] })
    }

    async function shows(product: string): Promise<boolean> {
      const { data } = await ask<{ product: object | null }>(urlOf(eu), readProduct, { id: product })
      return data?.product != null
    }

    const shown = (product: string) => until(`eu shows the ${product}`, 20_000, () => shows(product))

    it('C6: is changed in three steps, none of which stops anything', { timeout: 120_000 }, async () => {
      await write('lamp')
      await shown('lamp')
      const newer = join(directory, `${us}.2.pem`)
      keys[us].known = [...keys[us].known, await makeKey(us, newer)]
      for (const id of ids) {
        await restart(id)
        await write(`mug-${id}`)
        await shown(`mug-${id}`)
      }
      keys[us].file = newer
      await restart(us)
      await write('print')
      await shown('print')
      const { data } = await ask<{ regionStatus: { replication: readonly object[] } }>(urlOf(eu), readFaults)
      expect(data?.regionStatus.replication).toEqual([{ from: us, faults: 0, lastFault: null }])
    })

    it('C6: is not believed where the configuration does not name it, which is told, and is once it does', {
      timeout: 120_000,
    }, async () => {
      const newest = join(directory, `${us}.3.pem`)
      keys[us].known = [...keys[us].known, await makeKey(us, newest)]
      keys[us].file = newest
      await restart(us)
      await write('untold')
      const faults = async () => {
        const { data } = await ask<{ regionStatus: { replication: readonly { faults: number; lastFault: string }[] } }>(
          urlOf(eu),
          readFaults,
        )
        return data?.regionStatus.replication[0]
      }
      await until('eu blames the link', 30_000, async () => ((await faults())?.faults ?? 0) > 0)
      expect(await faults()).toMatchObject({ lastFault: expect.stringContaining('C6') })
      expect(await shows('untold')).toBe(false)
      expect(nodes.get(eu)?.said()).toContain(`add it to publicKeys of ${us} in the configuration`)
      await restart(eu)
      await shown('untold')
    })
  },
)

function empty(): { file: string; known: string[] } {
  return { file: '', known: [] }
}
