// A link's two lines over a network that stalls as TCP does, in virtual time: what the network alone adds to the distance.

import type { LinkStatus } from '@causeway/regions/region'
import type { SecondLines } from '@causeway/regions/replication/receiving/second-line'
import { describe, expect, it } from 'vitest'
import { LogRegion, type LogRegionOptions } from './log-region.ts'
import { fairWeather, VirtualNetwork } from './network.ts'
import { SeededRandom } from './random.ts'
import { VirtualTime } from './virtual-time.ts'

const ids = ['ap', 'eu', 'us']
const distancesMs: Readonly<Record<string, number>> = { 'eu us': 40, 'ap eu': 70, 'ap us': 110 }
const oneWayMs = (from: string, to: string) => distancesMs[[from, to].sort().join(' ')] ?? 0

function build(seed: number, options: (id: string) => Partial<LogRegionOptions> = () => ({}), stalls = 0) {
  const time = new VirtualTime()
  const random = new SeededRandom(seed)
  const network = new VirtualNetwork({ time, random: random.fork('network') })
  const regions = ids.map((id) => {
    const peers = ids.filter((peer) => peer !== id)
    for (const peer of peers) {
      network.setDelay(id, peer, { minimumMs: oneWayMs(id, peer), jitterMs: 0 })
      network.setWeather(id, peer, { ...fairWeather, stalls })
    }
    return new LogRegion({ id, peers, time, network, random, ...options(id) })
  })
  for (const region of regions) region.links.start()
  const of = (id: string) => regions.find((region) => region.id === id) as LogRegion
  const link = (to: string, from: string) =>
    of(to)
      .links.status()
      .find((each) => each.from === from) as LinkStatus
  return { time, random, network, regions, of, link }
}

/** Twenty commits a second in each region for `forMs`, and what is under way then. */
async function writeEverywhere(time: VirtualTime, random: SeededRandom, regions: readonly LogRegion[], forMs: number) {
  const pace = random.fork('pace')
  const end = time.now() + forMs
  const write = (region: LogRegion) => {
    time.after(-Math.log(1 - pace.unit()) * 50, () => {
      if (time.now() > end) return
      void region.write(1, 100)
      write(region)
    })
  }
  for (const region of regions) write(region)
  await time.runFor(forMs + 3_000)
}

/** The same; how long each took to each other region, beyond the distance, sorted. */
async function passages(secondLines: SecondLines, forMs: number): Promise<readonly number[]> {
  const { time, random, regions } = build(7, () => ({ secondLines, applyMs: 5 }), 0.01)
  await time.runFor(2_000)
  const writtenMs = new Map<string, number>()
  const beyond: number[] = []
  for (const region of regions) {
    region.onDurable = ({ origin, firstSequence }) => {
      const name = `${origin}:${firstSequence}`
      if (origin === region.id) writtenMs.set(name, time.now())
      else beyond.push(time.now() - (writtenMs.get(name) ?? 0) - oneWayMs(origin, region.id))
    }
  }
  await writeEverywhere(time, random, regions, forMs)
  return beyond.sort((left, right) => left - right)
}

const at = (sorted: readonly number[], share: number) => sorted[Math.floor(sorted.length * share)] ?? 0

describe('a link of two lines', () => {
  it('C5: one message in a hundred stalls, and 99 commits of 100 come within 100 ms of the distance: over one line they do not', async () => {
    const forMs = 40_000
    const one = await passages('never', forMs)
    const two = await passages('far', forMs)
    expect(two).toHaveLength(one.length)
    expect(at(one, 0.99)).toBeGreaterThan(190)
    expect(at(two, 0.99)).toBeLessThan(100)
  }, 120_000)

  it('C5: to a peer that is near, a link keeps to one line; it finds out by the answers to what it tells', async () => {
    const { time, random, network, regions, link } = build(11, () => ({ secondLines: 'far' }))
    for (const [from, to] of [
      ['eu', 'us'],
      ['us', 'eu'],
    ] as const)
      network.setDelay(from, to, { minimumMs: 1, jitterMs: 1 })
    const lines = () => ({ near: link('us', 'eu').lines, far: link('us', 'ap').lines })
    await time.runFor(3_000)
    expect(lines()).toEqual({ near: 1, far: 1 })
    await writeEverywhere(time, random, regions, 2_000)
    expect(lines()).toEqual({ near: 1, far: 2 })
  })

  it('C2: what comes over both lines is applied once, in the order of its origin', async () => {
    const { time, network, of } = build(8)
    await time.runFor(1_000)
    for (let sequence = 1; sequence <= 30; sequence += 1) {
      await of('eu').write()
      await time.runFor(20)
    }
    await time.runFor(500)
    expect(network.traffic('eu', 'us', 'main').commits).toBe(30)
    expect(network.traffic('eu', 'us', 'second').commits).toBe(30)
    const expected = Array.from({ length: 30 }, (_, index) => `eu:${index + 1}..${index + 1}`)
    for (const id of ['ap', 'us']) expect(of(id).applied).toEqual(expected)
  })

  it('C5, C8: bulk goes over one line, and the counts are of what came', async () => {
    const { time, network, of, link } = build(9)
    await time.runFor(1_000)
    for (let round = 0; round < 40; round += 1) {
      await of('eu').write(200, 100)
      await of('eu').write()
    }
    await time.runFor(3_000)
    expect(of('us').frontier.eu).toBe(40 * 201)
    expect(network.traffic('eu', 'us', 'second').commits).toBeLessThanOrEqual(2)
    const { counts, lagEvents } = link('us', 'eu')
    expect(counts).toMatchObject({ commits: 80, events: 40 * 201, secondBreaks: 0 })
    expect(counts.bytes).toBe(network.traffic('eu', 'us', 'main').bytes + network.traffic('eu', 'us', 'second').bytes)
    expect(lagEvents).toBe(0)
  })

  it('C4: a link lives while either of its lines does, and opens the other again', async () => {
    const { time, network, of, link } = build(10)
    await time.runFor(1_000)
    expect(link('us', 'eu')).toMatchObject({ connected: true, lines: 2 })
    network.reset('eu', 'us', 'main')
    await time.runFor(1)
    expect(link('us', 'eu')).toMatchObject({ connected: true, lines: 1 })
    const isHere = () => of('us').frontier.eu === 1
    await of('eu').write()
    expect(await time.runUntil('us has it over the second line', isHere, 1_000)).toBeLessThan(45)
    await time.runUntil('the main line is open again', () => link('us', 'eu').lines === 2, 2_000)
    await time.runFor(100)
    network.reset('eu', 'us', 'second')
    await of('eu').write()
    expect(await time.runUntil('us has it over the main line', () => of('us').frontier.eu === 2, 1_000)).toBeLessThan(
      45,
    )
    await time.runUntil('the second line is open again', () => link('us', 'eu').lines === 2, 2_000)
    expect(link('us', 'eu').counts).toMatchObject({ breaks: 1, secondBreaks: 1 })
    expect(of('us').applied).toEqual(['eu:1..1', 'eu:2..2'])
  })

  it('C4: a peer that is gone is dialled over one line alone', async () => {
    const { time, network, link } = build(11)
    await time.runFor(1_000)
    network.leave('eu')
    await time.runFor(30_000)
    const { counts, connected } = link('us', 'eu')
    expect(connected).toBe(false)
    expect(counts.failures).toBeGreaterThan(3)
    expect(counts.secondFailures).toBe(0)
  })

  it('C7: a region that speaks version 8 is linked over one line, both ways', async () => {
    const { time, network, of, link } = build(12, (id) => (id === 'ap' ? { versions: { oldest: 8, newest: 8 } } : {}))
    await time.runFor(1_000)
    await of('eu').write()
    await of('ap').write()
    await time.runFor(500)
    for (const region of ids) expect(of(region).frontier).toEqual({ ap: 1, eu: 1 })
    expect([link('eu', 'ap').lines, link('us', 'ap').lines, link('us', 'eu').lines]).toEqual([1, 1, 2])
    expect(network.traffic('eu', 'us', 'second').commits).toBe(1)
    expect(network.traffic('ap', 'us', 'second').commits).toBe(0)
  })

  it('W2: who waits until other regions hold a write waits for the round trip and 20 ms; where nobody does, they tell later', async () => {
    const { time, of } = build(15)
    await time.runFor(2_000)
    const holding = () => of('eu').sender.peers.countHolding(of('eu').frontier)
    for (let round = 0; round < 3; round += 1) {
      await of('eu').write()
      await time.runFor(900)
      expect(holding()).toBe(0)
      await time.runFor(3_000)
      expect(holding()).toBe(2)
      await of('eu').write()
      let held = 0
      of('eu')
        .sender.peers.waitFor(of('eu').frontier, 2, time.now() + 1_000)
        .then(
          (count) => {
            held = count
          },
          () => {},
        )
      await time.runFor(2 * 70 + 25)
      expect(held).toBe(2)
      await time.runFor(5_000)
    }
  })

  it('C7: a region that speaks version 11 asks for no acknowledgement, and is told within 20 ms', async () => {
    const { time, of } = build(16, (id) => (id === 'eu' ? { versions: { oldest: 8, newest: 11 } } : {}))
    await time.runFor(2_000)
    await of('eu').write()
    await time.runFor(2 * 70 + 25)
    expect(of('eu').sender.peers.countHolding({ eu: 1 })).toBe(2)
  })

  it('C2: what was lost here after the second line had brought it first, the main line brings again at once', async () => {
    const { time, network, of } = build(13, () => ({ applyMs: 50 }))
    network.setDelay('eu', 'us', { minimumMs: 40, jitterMs: 20 })
    await time.runFor(2_000)
    for (let sequence = 1; sequence <= 10; sequence += 1) {
      of('us').failNext = 1
      await of('eu').write()
      const took = await time.runUntil('us has it', () => of('us').frontier.eu === sequence, 10_000)
      expect(took).toBeLessThan(1_500)
      await time.runFor(2_000)
    }
  })

  it('Q3: a question is answered although one line stalls', async () => {
    const { time, random, of } = build(14, () => ({}), 0.2)
    await time.runFor(2_000)
    const late = { one: 0, either: 0 }
    for (let round = 0; round < 100; round += 1) {
      const askedMs = time.now()
      let answeredMs = 0
      of('us')
        .links.standing('eu')
        .then(
          () => {
            answeredMs = time.now()
          },
          () => {},
        )
      let oneMs = 0
      of('us')
        .links.open('eu')
        .standing()
        .then(
          () => {
            oneMs = time.now()
          },
          () => {},
        )
      await time.runFor(400 + random.integer(0, 50))
      if (answeredMs - askedMs > 180) late.either += 1
      if (oneMs - askedMs > 180) late.one += 1
    }
    expect(late.one).toBeGreaterThan(20)
    expect(late.either).toBeLessThan(late.one / 2)
  })
})
