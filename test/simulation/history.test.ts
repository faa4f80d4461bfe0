import { createHash } from 'node:crypto'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import { describe, expect, it } from 'vitest'
import type { SimulatedCluster } from './cluster.ts'
import { ap, ask, converged, eu, members, open, product, short, us } from './steps.ts'

const dayMs = 86_400_000

/** A key that was made `ageMs` before the cluster's present. */
function keyOfAge(cluster: SimulatedCluster, ageMs: number): string {
  const time = (cluster.time.clockOf(us).now() - ageMs).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000001`
}

describe('history does not grow with age', () => {
  it('C11: the log moves to the archive in every region, and stays in the log while a member is away', async () => {
    const cluster = await open(11)
    for (let count = 0; count < 20; count += 1) await ask(cluster, eu, upsertProduct, product(`product-${count}`))
    await cluster.time.runFor(10_000)
    for (const id of members) {
      const history = await cluster.region(id)?.history()
      expect(history?.archivedCommits, id).toBeGreaterThan(15)
      expect(history?.logCommits, id).toBeLessThan(10)
    }
    const before = await cluster.region(us)?.history()
    cluster.crash(ap)
    for (let count = 0; count < 20; count += 1) await ask(cluster, eu, upsertProduct, product(`later-${count}`))
    await cluster.time.runFor(10_000)
    const after = await cluster.region(us)?.history()
    expect((after?.archivedCommits ?? 0) - (before?.archivedCommits ?? 0)).toBeLessThan(10)
    expect(after?.logCommits).toBeGreaterThan(19)
    void cluster.start(ap)
    await cluster.time.runFor(20_000)
    expect((await cluster.region(us)?.history())?.logCommits).toBeLessThan(20)
    await converged(cluster)
  })

  it('C11: a region restored from an old backup is served from the archive', async () => {
    const cluster = await open(12)
    const backup = cluster.backUp(ap)
    for (let count = 0; count < 20; count += 1) await ask(cluster, eu, upsertProduct, product(`product-${count}`))
    await cluster.time.runFor(10_000)
    const floor = await cluster.region(eu)?.store.history.floor()
    expect(floor?.position).toBe(0)
    expect((await cluster.region(eu)?.history())?.archivedCommits).toBeGreaterThan(15)
    cluster.crash(ap)
    cluster.restore(ap, backup)
    void cluster.start(ap)
    await cluster.time.runFor(10_000)
    await converged(cluster)
    expect(cluster.database(ap).documents.size).toBe(20)
  })

  it('C11: what is past its retention is dropped, and who asks for it is told so', async () => {
    const cluster = await open(13, { ...short, archiveMs: 20_000 })
    const token = cluster.region(us)?.frontier() ?? {}
    for (let count = 0; count < 5; count += 1) await ask(cluster, us, upsertProduct, product(`product-${count}`))
    await cluster.time.runFor(60_000)
    const region = cluster.region(us)
    expect((await region?.store.history.floor())?.position).toBeGreaterThan(4)
    await expect(region?.store.commitsAfterVector(token, 0, 1_000)).rejects.toMatchObject({ code: 'LOG_DROPPED' })
    await ask(cluster, eu, upsertProduct, product('one-more'))
    await converged(cluster)
  })

  it('C11: documents fold while one region is cut off, and its unsent edits are kept', async () => {
    const cluster = await open(16, { ...short, foldBytes: 0 })
    const long = (count: number) => createHash('sha512').update(String(count)).digest('hex')
    const title = (id: string, count: number) =>
      ask(cluster, id, upsertProduct, { ...product('lamp'), title: long(count) })
    for (let count = 0; count < 120; count += 1) await title(members[count % 3] ?? us, count)
    // What is unstable cannot fold, so all of it settles in the moment in which one region is cut off.
    cluster.network.cut(ap, eu)
    cluster.network.cut(ap, us)
    const folded = () =>
      [eu, us, ap].reduce((sum, id) => sum + (cluster.database(id).documents.get('product/lamp')?.marks.length ?? 0), 0)
    const isFolded = () => folded() > 0
    await title(ap, 1_000)
    await cluster.time.runFor(5_000)
    await title(ap, 2_000)
    cluster.network.healAll()
    await cluster.time.runUntil('the lamp is folded everywhere', () => isFolded() && folded() >= 3, 60_000)
    await converged(cluster)
    await cluster.time.runFor(10_000)
    for (const id of members) {
      const entry = cluster.database(id).documents.get('product/lamp')
      expect(JSON.stringify(entry?.document.state), id).toContain(long(2_000))
      expect(entry?.superseded, id).toBeNull()
      expect(entry?.snapshot?.length, id).toBeLessThan(4_000)
    }
    for (let count = 0; count < 9; count += 1) await title(members[count % 3] ?? us, 3_000 + count)
    await cluster.time.runFor(3_000)
    await converged(cluster)
    const { documents } = cluster.database(ap)
    expect(JSON.stringify(documents.get('product/lamp')?.document.state)).toContain(long(3_008))
  })

  it('I5: a command is answered from its outcome however old it is, and refused as expired once that is forgotten', async () => {
    const cluster = await open(14, { ...short, offlineMs: 30_000, outcomesMs: 60_000 })
    await ask(cluster, us, upsertProduct, product('mug'))
    const receipt = { sku: 'mug-sku', quantity: 3 }
    const key = keyOfAge(cluster, 20_000)
    expect((await ask(cluster, us, receiveStock, receipt, key)).status).toBe('accepted')
    await cluster.time.runFor(20_000)
    expect((await ask(cluster, eu, receiveStock, receipt, key)).status).toBe('accepted')
    await cluster.time.runFor(90_000)
    for (const id of members) {
      expect(
        [...cluster.database(id).outcomes.keys()].filter((each) => each.includes(key)),
        id,
      ).toEqual([])
      const again = await ask(cluster, id, receiveStock, receipt, key)
      expect(again).toMatchObject({ status: 'refused', errors: [{ code: 'COMMAND_EXPIRED' }] })
    }
    const received = [...cluster.database(eu).stock.values()].reduce((sum, { cells }) => sum + cells.received, 0)
    expect(received).toBe(3)
  })

  it('I5: a key that tells no age counts as new, and so does one that is young', async () => {
    const cluster = await open(15)
    await ask(cluster, us, upsertProduct, product('mug'))
    const receipt = { sku: 'mug-sku', quantity: 1 }
    for (const key of ['receipt-1', keyOfAge(cluster, 29 * dayMs)])
      expect((await ask(cluster, us, receiveStock, receipt, key)).status).toBe('accepted')
    const old = await ask(cluster, us, receiveStock, receipt, keyOfAge(cluster, 31 * dayMs))
    expect(old).toMatchObject({ status: 'refused', errors: [{ code: 'COMMAND_EXPIRED' }] })
  })
})
