// docs/SDK.md does what it says: its snippets are run one after the other, as one program.

import 'fake-indexeddb/auto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Repo } from '@automerge/automerge-repo'
import * as sdk from '@causeway/client'
import { automergeRepoNetwork, cartIn } from '@causeway/client/automerge-repo'
import { fileStorage } from '@causeway/client/node'
import { ask } from '@causeway/regions/http/cluster.testing'
import { pounds, receiveStock, upsertProduct } from '@causeway/regions/http/shop.testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { DeviceShop, us } from './devices.testing.ts'

const page = readFileSync(new URL('../../docs/SDK.md', import.meta.url), 'utf8')
const snippets = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map((found) => found[1] ?? '')

interface Shown {
  readonly client: sdk.CausewayClient
  readonly mug: sdk.StockView
  readonly teas: readonly sdk.ProductView[]
  readonly command: sdk.Command
  readonly outcome: sdk.Outcome
  readonly migrated: sdk.Outcome
  readonly sold: sdk.Outcome
  readonly followed: sdk.CartView
  readonly said: readonly unknown[]
}

type Program = (...given: readonly unknown[]) => Promise<Shown>
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (...parts: string[]) => Program

let shop: DeviceShop
const directory = mkdtempSync(join(tmpdir(), 'causeway-guide-'))
beforeAll(async () => {
  shop = await DeviceShop.open()
  const { server } = shop.cluster.at(us)
  const variants = [{ sku: 'tea-1', price: pounds('3.00') }]
  await ask(server, upsertProduct, { input: { id: 'tea', title: 'Green tea', tags: ['tea'], variants } })
  await ask(server, receiveStock, { input: { sku: 'tea-1', quantity: 5 } })
  const upsertCustomer =
    'mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { userErrors { code } } }'
  await ask(server, upsertCustomer, { input: { id: 'ada', homeRegion: us, name: 'Ada' } })
})
afterAll(async () => {
  await shop.stop()
  rmSync(directory, { recursive: true, force: true })
})

describe('the guide', () => {
  it('R6: runs from the first snippet to the last, the update of an app with unsent work included', async () => {
    expect(snippets.length).toBeGreaterThan(7)
    const program = snippets
      .join('\n')
      .replace(/^import \{ (.*) \} from '@causeway\/client'$/gm, 'const { $1 } = sdk')
      .replace(
        /^import \{ (.*) \} from '(?:@automerge\/automerge-repo|@causeway\/client\/automerge-repo)'$/gm,
        'const { $1 } = repos',
      )
      .replace("'https://shop.example/graphql'", 'url')
    const given = ['sdk', 'repos', 'url', 'directory', 'fileStorage', 'console']
    const shown = 'return { client, mug, teas, command, outcome, sold, migrated, followed, said: console.said }'
    const said: unknown[] = []
    const createClient = (options: sdk.ClientOptions) => sdk.createClient({ ...options, webSocket: WebSocket })
    const run = new AsyncFunction(...given, `${program}\n${shown}`)
    const result = await run(
      { ...sdk, createClient },
      { Repo, automergeRepoNetwork, cartIn },
      shop.url(us),
      directory,
      fileStorage,
      {
        said,
        log: (...words: unknown[]) => said.push(...words),
      },
    )
    expect(result.mug.available).toBe(100)
    expect(result.teas.map(({ id }) => id)).toEqual(['tea'])
    expect(said).toContainEqual({ loaded: 6, total: 6 })
    expect(said).toContain('PLACED')
    expect(result.followed.lines).toEqual([{ sku: 'mug', quantity: 1 }])
    expect(result.outcome.status).toBe('accepted')
    expect(result.sold.status).toBe('accepted')
    expect(result.migrated).toMatchObject({ status: 'accepted' })
  })
})
