// An operator changes the key that a region signs with: by the commands and the steps that docs/OPERATIONS.md names, on real
// processes that are restarted one after the other, each on its own Postgres.

import { join } from 'node:path'
import { type TestDatabase, testDatabase } from '@causeway/db/test-database'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { cannotStart, causeway, freePorts, until } from '../support/development.ts'
import { Processes } from '../support/processes.ts'

const [eu, us] = ['eu-west-1', 'us-east-1'] as const
const ids = [eu, us] as const
type Id = (typeof ids)[number]

const upsertProduct = `mutation ($input: UpsertProductInput!) { upsertProduct(input: $input) { userErrors { message } } }`
const readProduct = 'query ($id: ID!) { product(id: $id) { title } }'
const readFaults = '{ regionStatus { replication { from faults lastFault } } }'

describe.skipIf(cannotStart !== null)(
  `a region's signing key${cannotStart === null ? '' : ` (skipped: ${cannotStart})`}`,
  () => {
    const databases = new Map<Id, TestDatabase>()
    const keys: Record<Id, { file: string; known: string[] }> = { [eu]: empty(), [us]: empty() }
    let processes: Processes
    let port = 0

    const urlOf = (id: Id) => `http://127.0.0.1:${port + ids.indexOf(id)}`

    beforeAll(async () => {
      processes = await Processes.open()
      port = await freePorts(ids.length)
      for (const id of ids) {
        databases.set(id, await testDatabase(id))
        keys[id].file = join(processes.directory, `${id}.pem`)
        keys[id].known = [await makeKey(id, keys[id].file)]
      }
      for (const id of ids) await start(id)
    }, 120_000)

    afterAll(async () => {
      await processes?.close()
      for (const database of databases.values()) await database.drop()
    }, 60_000)

    /** By the command; its public key. */
    async function makeKey(id: Id, file: string): Promise<string> {
      const { code, output } = await causeway('keys', id, '--out', file, '--json')
      expect(code, output).toBe(0)
      return (JSON.parse(output) as { publicKey: string }).publicKey
    }

    /** With the configuration as it stands now. */
    function start(id: Id): Promise<void> {
      const regions = ids.map((each) => ({
        id: each,
        url: urlOf(each),
        listen: { host: '127.0.0.1', port: port + ids.indexOf(each) },
        database: databases.get(each)?.url,
        signingKeyFile: keys[each].file,
        publicKeys: keys[each].known,
      }))
      return processes.start(`region ${id}`, { regions, cluster: { secret: 'a secret of the test' } }, urlOf(id))
    }

    async function restart(id: Id): Promise<void> {
      await processes.stop(`region ${id}`)
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
      const newer = join(processes.directory, `${us}.2.pem`)
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
      const newest = join(processes.directory, `${us}.3.pem`)
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
      expect(processes.said(`region ${eu}`)).toContain(`add it to publicKeys of ${us} in the configuration`)
      await restart(eu)
      await shown('untold')
    })
  },
)

function empty(): { file: string; known: string[] } {
  return { file: '', known: [] }
}
