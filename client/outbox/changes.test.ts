// Direct changes of a document from the moment that they are made to their one outcome, against a region that refuses some.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { CartDraft } from '../changes.ts'
import { type CausewayClient, createClient } from '../client.ts'
import { memoryStorage } from '../storage/memory.ts'
import { type ClientStorage, StorageError } from '../storage/port.ts'
import { ScriptedGateway, type SentUnit } from '../sync/scripted-gateway.testing.ts'

let gateway: ScriptedGateway
const open: CausewayClient[] = []

beforeEach(async () => {
  gateway = await new ScriptedGateway().start()
})
afterEach(async () => {
  for (const client of open.splice(0)) await client.close()
  await gateway.stop()
})

async function device(storage: ClientStorage = memoryStorage()): Promise<CausewayClient> {
  const client = await createClient({ url: gateway.url, storage, webSocket: WebSocket })
  open.push(client)
  return client
}

const put = (client: CausewayClient, sku: string) =>
  client.cart('c1').change((cart) => {
    cart.lines[sku] = { quantity: 1 }
  })

const skusOf = ({ patches }: SentUnit) => patches.flatMap(({ map, key }) => (map === 'lines' ? [key] : []))

/** As a region: what stands on a refused unit is refused, and what stands on something unknown waits. */
function region(refusedSku: string) {
  const refused = new Set<string>()
  const held = new Set<string>()
  gateway.verdict = (unit) => {
    if (unit.dependsOn.some((id) => refused.has(id))) {
      refused.add(unit.id)
      return 'DEPENDS_REFUSED'
    }
    if (unit.dependsOn.some((id) => !held.has(id))) return 'PENDING'
    if (skusOf(unit).some((sku) => sku.startsWith(refusedSku))) {
      refused.add(unit.id)
      return 'INVALID'
    }
    held.add(unit.id)
    return null
  }
}

describe('changes of one document', () => {
  it('R2, R7: one that is made anew stands on what is made anew before it, so each gets its outcome', async () => {
    const client = await device()
    client.disconnect()
    region('bad')
    const commands = [await put(client, 'bad-1'), await put(client, 'bad-2'), await put(client, 'good')]
    client.connect()
    await expect.poll(() => client.status().pending).toBe(0)
    const [first, second, last] = await Promise.all(commands.map((one) => one?.outcome))
    expect(first).toMatchObject({ status: 'refused', code: 'INVALID' })
    expect(second).toMatchObject({ status: 'refused', code: 'INVALID' })
    expect(last?.status).toBe('accepted')
    expect(client.commands().map(({ state }) => state)).toEqual(['settled', 'settled'])
  })

  it('R1, R2: a change that finds no room to be made anew is not there twice after a reload', async () => {
    const inner = memoryStorage()
    let isFull = false
    const storage: ClientStorage = {
      async open(user) {
        const opened = await inner.open(user)
        return {
          load: (range, limit) => opened.load(range, limit),
          close: () => opened.close(),
          async commit(writes) {
            // Only what takes another's place finds no room.
            if (isFull && writes.some((write) => 'remove' in write)) throw new StorageError('FULL', 'no room')
            await opened.commit(writes)
          },
        }
      },
    }
    const client = await device(storage)
    client.disconnect()
    region('bad')
    await put(client, 'bad')
    await put(client, 'good')
    isFull = true
    client.connect()
    await expect.poll(() => client.status().refused).toBe(1)
    isFull = false
    await expect.poll(() => client.status().pending, { timeout: 5_000 }).toBe(0)
    await client.close()
    const stored = await (await inner.open('anonymous')).load({ from: 'command/', before: 'command0' })
    expect(stored.map(({ value }) => JSON.parse(String(value)).state)).toEqual(['settled', 'settled'])
  })

  it('R2, R7: a change that no region could read is refused at once, and holds nothing up', async () => {
    const client = await device()
    client.disconnect()
    const changed = (id: string, edit: (cart: CartDraft) => void) => client.cart(id).change(edit)
    const many = (cart: CartDraft) => {
      for (let line = 0; line <= 500; line += 1) cart.lines[`sku-${line}`] = { quantity: 1 }
    }
    const unreadable: readonly (readonly [string, (cart: CartDraft) => void])[] = [
      ['c1', many],
      ['c1', (cart) => (cart.lines['x'.repeat(300)] = { quantity: 1 })],
      ['c1', (cart) => (cart.lines.mug = 'y'.repeat(70_000) as never)],
      ['', (cart) => (cart.lines.mug = { quantity: 1 })],
    ]
    for (const [id, edit] of unreadable) {
      await expect(changed(id, edit)).rejects.toMatchObject({
        code: 'INVALID',
        message: expect.stringMatching(/change/),
      })
    }
    expect(client.status().pending).toBe(0)
    const good = await put(client, 'good')
    client.connect()
    expect((await good?.outcome)?.status).toBe('accepted')
  })

  it('what an app does to its draft afterwards changes nothing that was queued', async () => {
    const client = await device()
    client.disconnect()
    const line = { quantity: 1 }
    await client.cart('c1').change((cart) => {
      cart.lines.mug = line
    })
    line.quantity = 7
    expect(client.cart('c1').get()?.lines).toEqual([{ sku: 'mug', quantity: 1 }])
    client.connect()
    await expect.poll(() => client.status().pending).toBe(0)
    expect(gateway.sent[0]?.patches).toContainEqual({ map: 'lines', key: 'mug', value: { quantity: 1 } })
  })

  it('what is queued while the client closes says that its outcome will not be heard here', async () => {
    const inner = memoryStorage()
    const held: (() => void)[] = []
    const storage: ClientStorage = {
      async open(user) {
        const opened = await inner.open(user)
        return {
          load: (range, limit) => opened.load(range, limit),
          close: () => opened.close(),
          async commit(writes) {
            await opened.commit(writes)
            await new Promise<void>((go) => held.push(go))
          },
        }
      },
    }
    const client = await device(storage)
    client.disconnect()
    const queued = client.shipOrder({ id: 'o1' })
    await expect.poll(() => held.length).toBe(1)
    await client.close()
    for (const go of held) go()
    await expect((await queued).outcome).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
