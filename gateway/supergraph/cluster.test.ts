import { decodeToken } from '@causeway/schema/clock/causal-token'
import { describe, expect, it } from 'vitest'
import { wallClock } from '../clock.ts'
import { startFakeRegion } from '../fixtures/fake-region.ts'
import { ask, at, follow, world } from '../fixtures/world.testing.ts'
import { Fleet, type RegionWord } from '../routing/fleet.ts'
import { Prober } from '../routing/prober.ts'
import { type RegionView, watchRegions } from './cluster.ts'

const silent: RegionWord = {
  frontier: {},
  token: '',
  digest: null,
  replication: [],
  stableFrontier: null,
  history: null,
  divergence: null,
  reads: null,
  snapshot: null,
  restoration: null,
  openIncidents: null,
  operatorKeys: null,
  refusesWrites: null,
  retired: [],
  retiring: [],
}

describe('what the gateway says of the regions', () => {
  it('G3: carries a token that covers the frontiers it shows, asked for once or followed', async () => {
    const { gateway } = await world()
    const once = await ask(gateway, '{ regions { id frontier } }')
    expect(decodeToken(String(once.at('extensions.causeway.token')))).toEqual({ log: 1 })
    const followed = follow(gateway, 'subscription { regionsChanged { id frontier } }')
    await expect.poll(() => followed.messages.length).toBeGreaterThan(0)
    expect(decodeToken(String(at(followed.messages[0], 'extensions.causeway.token')))).toEqual({ log: 1 })
  })

  it('C8: shows a region as DEGRADED that does not keep up with one that serves, and says with which; routing goes on as it is', async () => {
    const [us, eu, ap] = ['us-east-1', 'eu-west-1', 'ap-south-1']
    const fleet = new Fleet(
      [us, eu, ap].map((id) => ({ id, url: 'http://127.0.0.1:1' })),
      undefined,
      wallClock,
    )
    const leaving = new AbortController()
    const link = (from: string, connected: boolean, lagMs: number) => ({ from, to: eu, connected, lagMs })
    const tell = (...replication: readonly ReturnType<typeof link>[]) => fleet.heard(eu, { ...silent, replication })
    for (const id of [us, eu]) fleet.note(id, { kind: 'sample', latencyMs: 1 })
    for (let probe = 0; probe < 5; probe += 1) fleet.note(ap, { kind: 'lost', why: 'refuses connections' })
    expect(fleet.get(ap)?.health.state).toBe('UNREACHABLE')
    const shown = async () => {
      const { value = [] } = await watchRegions(fleet, leaving.signal).next()
      const found = (value as readonly RegionView[]).find(({ id }) => id === eu)
      return [found?.state, found?.reason]
    }
    tell(link(us, true, 4_000), link(ap, false, 90_000))
    expect(await shown()).toEqual(['HEALTHY', 'answers as usual'])
    tell(link(us, true, 7_400), link(ap, false, 90_000))
    expect(await shown()).toEqual(['DEGRADED', 'answers as usual, but is 7 s behind us-east-1'])
    tell(link(us, false, 7_400))
    expect(await shown()).toEqual(['DEGRADED', 'answers as usual, but its link from us-east-1 is closed'])
    expect(fleet.get(eu)?.health.state).toBe('HEALTHY')
    leaving.abort()
    await fleet.close()
  })

  it('S7: says of a region that is to leave which one keeps back its word about that, and what to do, whichever tells of it first', async () => {
    const ids = ['ap', 'eu', 'us']
    const addresses = ids.map((id) => ({ id, url: 'http://127.0.0.1:1' }))
    const fleet = new Fleet(addresses, undefined, wallClock)
    for (const id of ['us', 'eu']) {
      const putOff = id === 'eu' ? { waitsFor: ['us'], through: ['ap'] } : null
      const retiring = [{ id: 'ap', waitsFor: ['eu', 'us'], putOff }]
      fleet.heard(id, { ...silent, retiring })
    }
    const leaving = new AbortController()
    const { value = [] } = await watchRegions(fleet, leaving.signal).next()
    expect((value as readonly RegionView[]).find(({ id }) => id === 'ap')?.reason).toContain(
      'waits for eu, us; eu says its word after that of us, which ap alone can bring it: start ap, or, if that is lost for good, retire us in eu with override; ',
    )
    leaving.abort()
    await fleet.close()
  })

  it('S7: of a region that has left says so and nothing that it said before; once nobody knows of that any more it serves again', async () => {
    const [us, eu, ap] = ['us-east-1', 'eu-west-1', 'ap-south-1']
    const ids = [us, eu, ap]
    const fleet = new Fleet(
      ids.map((id) => ({ id, url: 'http://127.0.0.1:1' })),
      undefined,
      wallClock,
    )
    const leaving = new AbortController()
    const shown = async () => {
      const { value = [] } = await watchRegions(fleet, leaving.signal).next()
      return (value as readonly RegionView[]).find(({ id }) => id === ap)
    }
    const retiring = [{ id: ap, waitsFor: [eu], putOff: null }]
    for (const id of ids) fleet.note(id, { kind: 'sample', latencyMs: 1 })
    for (const id of ids) fleet.heard(id, { ...silent, openIncidents: 2, retiring })
    expect((await shown())?.reason).toBe(`it is being retired, which waits for ${eu}; answers as usual`)
    for (const id of [us, eu]) fleet.heard(id, { ...silent, retired: [ap] })
    fleet.note(ap, { kind: 'lost', why: 'answered 503' })
    const gone = { state: 'RETIRED', reason: 'it left the cluster', openIncidents: null, replication: null }
    expect(await shown()).toMatchObject(gone)
    fleet.heard(ap, { ...silent, retiring })
    fleet.heard(us, silent)
    fleet.heard(ap, silent)
    expect(await shown()).toMatchObject(gone)
    fleet.heard(eu, silent)
    fleet.heard(ap, { ...silent, openIncidents: 2 })
    expect(await shown()).toMatchObject({ state: expect.not.stringMatching('RETIRED'), openIncidents: 2 })
    leaving.abort()
    await fleet.close()
  })

  it('S7: asks each region which ones are to leave, for whom that waits, and why it puts off its own word', async () => {
    const regions = await Promise.all(['us-east-1', 'eu-west-1'].map((id) => startFakeRegion(id)))
    const fleet = new Fleet(regions, undefined, wallClock)
    const authorization = () => Promise.resolve(undefined)
    const prober = new Prober({ fleet, clock: wallClock, everyMs: 60_000, authorization })
    await prober.start()
    expect(fleet.retirementOf('sa-east-1')).toEqual({
      waitsFor: ['us-east-1'],
      putOffs: [{ by: 'eu-west-1', putOff: { waitsFor: ['us-east-1'], through: ['sa-east-1'] } }],
    })
    expect(fleet.retirementOf('eu-west-1')).toBeNull()
    await prober.stop()
    await fleet.close()
    for (const region of regions) await region.kill()
  })

  it('stops watching the regions when the listener leaves, also while nothing changes', async () => {
    const fleet = new Fleet([{ id: 'us-east-1', url: 'http://127.0.0.1:1' }], undefined, wallClock)
    const leaving = new AbortController()
    const views = watchRegions(fleet, leaving.signal)
    expect((await views.next()).value).toMatchObject([{ id: 'us-east-1' }])
    const next = views.next()
    leaving.abort()
    expect(await next).toEqual({ done: true, value: undefined })
    await fleet.close()
  })
})
