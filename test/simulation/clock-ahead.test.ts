import { ClockAhead } from '@causeway/regions/freshness/clock-watch'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { retireRegion } from '@causeway/schema/fence/commands'
import { describe, expect, it } from 'vitest'
import { SimulatedCluster } from './cluster.ts'
import { accepted, isTakenOver, levelIn, order, shop } from './fences/shop.ts'
import { ap, ask, eu, open, product, us } from './steps.ts'

const hourMs = 3_600_000
/** Within which what one region wrote shows in another. */
const soonMs = 2_000
/** Longer than others are asked for their time. */
const askedMs = 4_000

const write = (cluster: SimulatedCluster, id: string, name: string) =>
  accepted(ask(cluster, id, upsertProduct, product(name)))

async function showsSoon(cluster: SimulatedCluster, id: string, name: string): Promise<boolean> {
  await cluster.time.runFor(soonMs)
  return cluster.database(id).documents.has(`product/${name}`)
}

const refusal = (cluster: SimulatedCluster, id: string) => cluster.region(id)?.refusesWrites()

async function openInPeace(seed: number): Promise<SimulatedCluster> {
  const cluster = await open(seed)
  await write(cluster, eu, 'first')
  await cluster.time.runFor(soonMs)
  return cluster
}

describe('a region whose clock is ahead of the others', () => {
  it('C7: by a jump of an hour writes nothing and says why; once it is set right it goes on, and others see that at once', async () => {
    const cluster = await openInPeace(1)
    cluster.time.clocks.jump(us, hourMs)
    await expect(write(cluster, us, 'too-soon')).rejects.toBeInstanceOf(ClockAhead)
    await cluster.time.runFor(askedMs)
    await expect(write(cluster, us, 'too-soon')).rejects.toBeInstanceOf(ClockAhead)
    expect(refusal(cluster, us)).toMatch(/^the clock is 3\d{3} s ahead of those of ap-south-1, eu-west-1$/)
    expect([ap, eu].map((id) => refusal(cluster, id))).toEqual([null, null])
    await write(cluster, eu, 'meanwhile')
    expect(await showsSoon(cluster, us, 'meanwhile')).toBe(true)
    cluster.time.clocks.jump(us, -hourMs)
    await cluster.time.runFor(soonMs)
    expect(refusal(cluster, us)).toBeNull()
    await write(cluster, us, 'in-time')
    expect(await showsSoon(cluster, eu, 'in-time')).toBe(true)
  })

  it('C7: by running fast writes nothing from two minutes on: within one it drags along the hybrid time by which others are known', async () => {
    const cluster = await openInPeace(2)
    cluster.time.clocks.run(us, 1.5)
    await cluster.time.runFor(110_000)
    await write(cluster, us, 'a-minute-ahead')
    expect(await showsSoon(cluster, eu, 'a-minute-ahead')).toBe(true)
    await cluster.time.runFor(200_000)
    await expect(write(cluster, us, 'too-soon')).rejects.toBeInstanceOf(ClockAhead)
  })

  it('C7: and that is cut off from all others is told by nobody, and sells on', async () => {
    const cluster = await openInPeace(3)
    for (const other of [ap, eu]) cluster.network.cut(us, other)
    await cluster.time.runFor(10_000)
    cluster.time.clocks.jump(us, hourMs)
    await expect(write(cluster, us, 'lamp')).rejects.toBeInstanceOf(ClockAhead)
    await cluster.time.runFor(askedMs)
    await write(cluster, us, 'lamp')
  })

  it('C7: where there are two, neither can say whose clock is wrong, and both go on', async () => {
    const cluster = new SimulatedCluster(4, [eu, us])
    await cluster.startAll()
    await cluster.time.runFor(soonMs)
    cluster.time.clocks.jump(us, hourMs)
    await cluster.time.runFor(askedMs)
    await write(cluster, us, 'ahead')
    await write(cluster, eu, 'behind')
    expect(await showsSoon(cluster, us, 'behind')).toBe(true)
  })

  it('C7: as it seems to one whose process stood still for two minutes, goes on within seconds', async () => {
    const cluster = await openInPeace(5)
    const [node] = cluster.nodes(us)
    node?.process.pause()
    await cluster.time.runFor(120_000)
    node?.process.resume()
    await cluster.time.runFor(5_000)
    expect(refusal(cluster, us)).toBeNull()
    await write(cluster, us, 'awake')
    expect(await showsSoon(cluster, eu, 'awake')).toBe(true)
  })

  it('C7 S7: what it wrote while it was cut off waits in the others, and is placed again once it is retired', async () => {
    const cluster = await shop(6)
    for (const other of [ap, eu]) cluster.network.cut(us, other)
    await cluster.time.runFor(10_000)
    cluster.time.clocks.jump(us, hourMs)
    // The first look at the clock tells that it jumped.
    expect(refusal(cluster, us)).not.toBeNull()
    await cluster.time.runFor(askedMs)
    await accepted(ask(cluster, us, placeOrder, order('alone', 3)))
    cluster.time.clocks.jump(us, -hourMs)
    cluster.network.healAll()
    const isThere = () => [ap, eu].every((id) => cluster.database(id).documents.has('order/alone'))
    await cluster.time.runFor(30_000)
    expect(isThere()).toBe(false)
    await accepted(ask(cluster, eu, retireRegion, { region: us }))
    await isTakenOver(cluster, us, [ap, eu])
    await cluster.time.runUntil('it is placed again', isThere, 60_000)
    for (const id of [ap, eu]) expect(levelIn(cluster, id)).toMatchObject({ available: 87, reserved: 3, onHand: 90 })
  })
})
