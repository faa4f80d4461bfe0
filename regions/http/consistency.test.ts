// How fresh an answer is, as a shop asks for it: over real HTTP, with real nodes, and with the wires between them cut.

import { encodeToken } from '@causeway/schema/clock/causal-token'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type ServedCluster, serveCluster } from './cluster.testing.ts'
import { sell, stockMug } from './shop.testing.ts'

let cluster: ServedCluster
const us = () => cluster.at('us-east-1')
const eu = () => cluster.at('eu-west-1')
const readStock = (sku: string) => `{ stock(sku: "${sku}") { available } }`
const available = (data: Record<string, never>) => (data as { stock?: { available: number } }).stock?.available

beforeAll(async () => {
  cluster = await serveCluster(['us-east-1', 'eu-west-1'])
})
afterAll(() => cluster.stop())

describe('while regions see each other', () => {
  it('Q3: a strong read in eu shows what was just sold in us, sale after sale', async () => {
    await stockMug(us(), 100, 'strong-mug')
    for (let sold = 1; sold <= 20; sold++) {
      await sell(us(), `strong-${sold}`, 'strong-mug')
      const read = await ask(eu().server, readStock('strong-mug'), {}, { 'causeway-consistency': 'strong' })
      expect(read.errors).toEqual([])
      expect(available(read.data)).toBe(100 - sold)
    }
  })

  it('Q2: a read bounded to no age at all shows what was just sold elsewhere', async () => {
    await stockMug(us(), 100, 'bounded-mug')
    for (let sold = 1; sold <= 20; sold++) {
      await sell(us(), `bounded-${sold}`, 'bounded-mug')
      const read = await ask(eu().server, readStock('bounded-mug'), {}, { 'causeway-consistency': 'bounded;ms=0' })
      expect(available(read.data)).toBe(100 - sold)
    }
  })

  it('Q2: a wide bound is served from what heartbeats tell, idle regions or not', async () => {
    const read = await ask(eu().server, readStock('strong-mug'), {}, { 'causeway-consistency': 'bounded;ms=5000' })
    expect(read.errors).toEqual([])
  })

  it('Q1: a session reads its own write in the other region', async () => {
    await stockMug(us(), 10, 'session-mug')
    const order = { id: 'session-1', lines: [{ sku: 'session-mug', quantity: 1 }] }
    const placed = await ask(
      us().server,
      'mutation ($order: PlaceOrderInput!) { placeOrder(input: $order) { causalToken } }',
      { order },
    )
    const session = { 'causeway-consistency': 'session', 'causeway-token': placed.extensions.causeway?.token ?? '' }
    const read = await ask(eu().server, readStock('session-mug'), {}, session)
    expect(available(read.data)).toBe(9)
  })
})

describe('while nothing gets through between them', () => {
  const patience = { 'causeway-deadline': '1000' }

  it('Q1, Q2, Q3: reads that need the other say STALE_READ and why; the others go on', async () => {
    await stockMug(us(), 10, 'cut-mug')
    const seen = await ask(us().server, readStock('cut-mug'))
    const token = seen.extensions.causeway?.token ?? ''
    const session = { 'causeway-consistency': 'session', 'causeway-token': token, ...patience }
    expect(available((await ask(eu().server, readStock('cut-mug'), {}, session)).data)).toBe(10)

    cluster.cut('us-east-1', 'eu-west-1')
    await sell(us(), 'cut-1', 'cut-mug')
    const later = (await ask(us().server, readStock('cut-mug'))).extensions.causeway?.token ?? ''
    const lost = await ask(eu().server, readStock('cut-mug'), {}, { ...session, 'causeway-token': later })
    expect(lost.errors).toMatchObject([{ extensions: { code: 'STALE_READ' } }])
    expect(lost.errors[0]?.message).toMatch(/of us-east-1 did not arrive in time/)

    for (const level of ['strong', 'bounded;ms=100']) {
      const read = await ask(eu().server, readStock('cut-mug'), {}, { 'causeway-consistency': level, ...patience })
      expect(read.errors).toMatchObject([
        { extensions: { code: 'STALE_READ', known: [{ region: 'us-east-1', upTo: expect.stringMatching(/Z$/) }] } },
      ])
      expect(read.errors[0]?.message).toContain('us-east-1 ')
    }
    expect(available((await ask(eu().server, readStock('cut-mug'), {}, session)).data)).toBe(10)
    expect(available((await ask(eu().server, readStock('cut-mug'))).data)).toBe(10)
    const wide = await ask(eu().server, readStock('cut-mug'), {}, { 'causeway-consistency': 'bounded;ms=60000' })
    expect(available(wide.data)).toBe(10)

    cluster.heal('us-east-1', 'eu-west-1')
    const healed = { 'causeway-consistency': 'session', 'causeway-token': later }
    expect(available((await ask(eu().server, readStock('cut-mug'), {}, healed)).data)).toBe(9)
    const strong = await ask(eu().server, readStock('cut-mug'), {}, { 'causeway-consistency': 'strong' })
    expect(available(strong.data)).toBe(9)
  })

  it('Q3: a strong read waits for what is under way, and is served once it has come', async () => {
    cluster.cut('us-east-1', 'eu-west-1')
    await sell(us(), 'cut-2', 'cut-mug')
    const waiting = ask(eu().server, readStock('cut-mug'), {}, { 'causeway-consistency': 'bounded;ms=0' })
    cluster.heal('us-east-1', 'eu-west-1')
    expect(available((await waiting).data)).toBe(8)
  })

  it('C8: the link that broke is counted, with what came over it, and what every region holds is told', async () => {
    const metrics = await (await fetch(`${eu().server.url}/metrics`)).text()
    const value = (name: string) =>
      Number(new RegExp(`^${name}\\{[^}]*="us-east-1"\\} (\\S+)$`, 'm').exec(metrics)?.[1])
    for (const name of ['batches', 'events', 'bytes', 'breaks'])
      expect(value(`causeway_link_${name}_total`)).toBeGreaterThan(0)
    expect(value('causeway_stable_sequence')).toBeGreaterThan(0)
    expect(Math.abs(value('causeway_clock_ahead_seconds'))).toBeLessThan(10)
    expect(value('causeway_stable_sequence')).toBeLessThanOrEqual(value('causeway_frontier_sequence'))
  })

  it('every level is counted, served or missed, with how old its answers were', async () => {
    const metrics = await (await fetch(`${eu().server.url}/metrics`)).text()
    const count = (name: string, ...labels: readonly string[]) =>
      Number(
        metrics
          .split('\n')
          .find((line) => line.startsWith(name) && labels.every((label) => line.includes(label)))
          ?.split(' ')[1],
      )
    const told = await ask(eu().server, '{ regions { id reads { consistency served missed } } }')
    const own = (told.data as { regions?: readonly { id: string; reads: readonly object[] | null }[] }).regions?.[0]
    for (const level of ['session', 'bounded', 'strong']) {
      const missed = count('causeway_reads_total', `consistency="${level}"`, 'outcome="missed"')
      expect(own?.reads).toContainEqual({
        ...{ consistency: level, missed },
        served: count('causeway_reads_total', `consistency="${level}"`, 'outcome="served"'),
      })
      const served = count('causeway_reads_total', `consistency="${level}"`, 'outcome="served"')
      expect(served).toBeGreaterThan(0)
      expect(count('causeway_reads_total', `consistency="${level}"`, 'outcome="missed"')).toBeGreaterThan(0)
      expect(count('causeway_read_staleness_seconds_count', `consistency="${level}"`)).toBe(served)
    }
  })
})

describe('what a region keeps of another and does not apply', () => {
  it('C6: is counted beside the link from there, in whichever incarnation it was written', async () => {
    const { evidence } = eu().region.store
    const held = { firstSequence: 1, lastSequence: 1, rule: 'S1', reason: 'rights', atMs: 1, bytes: Uint8Array.of(1) }
    await evidence.hold({ ...held, origin: 'us-east-1', hash: Uint8Array.of(1), heldFor: 'quarantine' })
    await evidence.hold({ ...held, origin: 'us-east-1@2', hash: Uint8Array.of(2), heldFor: 'equivocation' })
    const quarantined = '{ regions { id replication { from quarantined } } }'
    const told = await ask(eu().server, quarantined)
    expect(told.data).toMatchObject({ regions: [{ replication: [{ from: 'us-east-1', quarantined: 2 }] }, {}] })
    expect((await ask(us().server, quarantined)).data).toMatchObject({
      regions: [{}, { replication: [{ from: 'eu-west-1', quarantined: 0 }] }],
    })
  })
})

describe('with a token that is none', () => {
  it('a token of another log is told at once to be out of reach', async () => {
    const session = {
      'causeway-consistency': 'session',
      'causeway-token': encodeToken({ 'us-east-1': 1_000_000 }),
      'causeway-deadline': '40',
    }
    const read = await ask(us().server, '{ stock(sku: "x") { sku } }', {}, session)
    expect(read.errors).toMatchObject([{ extensions: { code: 'STALE_READ' } }])
  })
})
