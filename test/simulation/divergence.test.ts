// Rows spoiled behind the backs of simulated regions: with folded documents, and where the beginning of the log is gone.

import { createHash } from 'node:crypto'
import { defaultRetention } from '@causeway/regions/history/retention'
import type { CommandDefinition } from '@causeway/schema/documents/command'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import { describe, expect, it } from 'vitest'
import { SimulatedCluster } from './cluster.ts'

const [ap, eu, us] = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
const members = [ap, eu, us]
const principal = { subject: 'staff', roles: ['operator' as const], region: null }
const short = { ...defaultRetention, logMs: 2_000, smallMs: 0, roundMs: 1_000 }

async function open(seed: number, retention = short): Promise<SimulatedCluster> {
  const cluster = new SimulatedCluster(seed, members, retention)
  await cluster.startAll()
  return cluster
}

async function write(cluster: SimulatedCluster, id: string, title: string): Promise<void> {
  const region = cluster.region(id)
  const call = { principal, resent: false, deadlineAt: cluster.time.clockOf(id).now() + 5_000 }
  const variants = [{ sku: 'lamp-sku', title: 'lamp', price: { amount: '1.00', currencyCode: 'GBP' } }]
  let isDone = false
  const writes = [
    region?.execute<unknown>(upsertProduct as CommandDefinition<unknown>, { id: 'lamp', title, variants }, call),
    region?.execute<unknown>(receiveStock as CommandDefinition<unknown>, { sku: 'lamp-sku', quantity: 1 }, call),
  ]
  void Promise.all(writes).then(() => {
    isDone = true
  })
  await cluster.time.runUntil('the answer', () => isDone, 20_000)
}

const lamp = (cluster: SimulatedCluster, id: string) => {
  const entry = cluster.database(id).documents.get('product/lamp')
  if (!entry) throw new Error(`${id} has no lamp`)
  return entry
}

/** As a disk does that forgets: the state is another, and nobody has written. */
function spoilLamp(cluster: SimulatedCluster, id: string): void {
  const entry = lamp(cluster, id)
  const state = { ...entry.document.state, fields: {} }
  cluster.database(id).documents.set('product/lamp', { ...entry, document: { ...entry.document, state } })
}

function spoilStock(cluster: SimulatedCluster, id: string): string {
  const { stock } = cluster.database(id)
  const found = [...stock].find(([, row]) => row.sku === 'lamp-sku' && row.holder === us)
  if (!found) throw new Error(`${id} has no stock of lamps`)
  const [key, row] = found
  stock.set(key, { ...row, cells: { ...row.cells, received: row.cells.received + 500 } })
  return key
}

async function digestsAgree(cluster: SimulatedCluster): Promise<void> {
  await cluster.time.runFor(20_000)
  const digests = await Promise.all(members.map((id) => cluster.region(id)?.digest()))
  expect(new Set(digests).size).toBe(1)
}

const divergenceOf = (cluster: SimulatedCluster, id: string) => {
  const status = cluster.region(id)?.divergence()
  if (!status) throw new Error(`${id} is down`)
  return status
}

describe('silent divergence', () => {
  it('C9, C11: a folded document that was spoiled is what its folds say, and goes on folding and changing', async () => {
    const cluster = await open(21, { ...short, foldBytes: 0 })
    const long = (count: number) => createHash('sha512').update(String(count)).digest('hex')
    for (let count = 0; count < 140; count += 1) await write(cluster, members[count % 3] ?? us, long(count))
    const isFolded = () => members.every((id) => lamp(cluster, id).marks.length > 0 && !lamp(cluster, id).superseded)
    await cluster.time.runUntil('the lamp is folded', isFolded, 60_000)
    const before = lamp(cluster, eu)
    spoilLamp(cluster, eu)
    const isRepaired = () => divergenceOf(cluster, eu).repaired.documents === 1
    await cluster.time.runUntil('the lamp is put right', isRepaired, 60_000)
    const { document, marks, superseded } = lamp(cluster, eu)
    expect({ document, marks, superseded }).toEqual({
      document: before.document,
      marks: before.marks,
      superseded: before.superseded,
    })
    for (let count = 0; count < 9; count += 1) await write(cluster, members[count % 3] ?? us, long(1_000 + count))
    await digestsAgree(cluster)
    expect(JSON.stringify(lamp(cluster, eu).document.state)).toContain(long(1_008))
    for (const id of [us, ap])
      expect(divergenceOf(cluster, id).repaired).toEqual({ documents: 0, stock: 0, conflicts: 0, log: 0 })
  })

  it('C9, S1: without the beginning of the log, stock that no kept commit tells of is told as open, and nothing is guessed', async () => {
    const cluster = await open(22, { ...short, archiveMs: 20_000 })
    await write(cluster, us, 'lamp')
    await cluster.time.runFor(60_000)
    expect(cluster.database(eu).floor.position).toBeGreaterThan(0)
    const key = spoilStock(cluster, eu)
    const spoiled = cluster.database(eu).stock.get(key)
    const isOpen = () => divergenceOf(cluster, eu).open.length > 0
    await cluster.time.runUntil('it is told', isOpen, 60_000)
    expect(divergenceOf(cluster, eu).open).toMatchObject([{ subject: 'stock/lamp-sku', detail: /backup/ }])
    expect(cluster.database(eu).stock.get(key)).toEqual(spoiled)
  })

  it('C9: without the beginning of the log, a document still is what its own changes say, and stock what was written of it since', async () => {
    const cluster = await open(23, { ...short, archiveMs: 20_000 })
    await write(cluster, us, 'lamp')
    await cluster.time.runFor(60_000)
    for (const id of members) await write(cluster, id, `lamp of ${id}`)
    await cluster.time.runFor(1_000)
    expect(cluster.database(eu).floor.position).toBeGreaterThan(0)
    const [document, stock] = [lamp(cluster, eu).document, new Map(cluster.database(eu).stock)]
    spoilLamp(cluster, eu)
    spoilStock(cluster, eu)
    const isRepaired = () => {
      const { documents, stock } = divergenceOf(cluster, eu).repaired
      return documents === 1 && stock === 1
    }
    await cluster.time.runUntil('both are put right', isRepaired, 60_000)
    expect(lamp(cluster, eu).document).toEqual(document)
    expect(cluster.database(eu).stock).toEqual(stock)
    await digestsAgree(cluster)
  })
})
