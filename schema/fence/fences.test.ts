import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FenceLog, fencedEvent, mergeFences, noFences, retiredEvent, withFencesOf } from './fence-log.ts'
import { decideFences, heightOf, heldOf, reclaimerOf, wordOf } from './fences.ts'
import { apartOf } from './fencing.ts'
import { membersOf, play, steps } from './history.testing.ts'
import { ModelCluster, type ModelCommit, stayingIn } from './model.testing.ts'

describe('fences', () => {
  it('S7: whoever knows of a decided fence says the same of it, and nobody who stays is beyond it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 5 }), steps, (size, played) => {
        const members = membersOf(size)
        const cluster = new ModelCluster(members)
        const heights = new Map<string, string>()
        const look = () => {
          for (const region of cluster.regions) {
            const { decided } = region.fences
            if (decided.some(({ key }) => key === region.id)) continue
            for (const fence of decided) {
              // By itself: where who takes over is retired in turn, what it took over goes on to somebody else.
              const said = JSON.stringify([
                fence.heights,
                reclaimerOf({ ...region.fences, decided: [fence], members }, fence),
              ])
              const known = heights.get(fence.key) ?? said
              heights.set(fence.key, known)
              expect(said, `${region.id} about ${fence.key}`).toBe(known)
              for (const origin in region.frontier) {
                if (origin === fence.key)
                  expect(region.frontier[origin]).toBeLessThanOrEqual(fence.heights[origin] ?? 0)
              }
            }
          }
        }
        for (const step of played) {
          play(cluster, step)
          look()
        }
        const alive = members.map((_, at) => at)
        cluster.settle(alive)
        look()
        // Three in a ring may wait for each other until an operator overrides; two never do.
        if (cluster.retires > 2) return
        const staying = stayingIn(cluster, alive)
        expect(staying.length).toBeGreaterThan(0)
        for (const region of staying) {
          expect(region.frontier, `${region.id} and ${staying[0]?.id}`).toEqual(staying[0]?.frontier)
          expect(region.fences).toEqual(staying[0]?.fences)
          expect(region.active).toEqual(region.fences.members)
          expect(region.fences.pending.flatMap(({ missing }) => missing)).toEqual([])
        }
      }),
      { numRuns: 500 },
    )
  })

  it('S7: whoever is left decides, if an operator says so, however many are lost at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 4 }), steps, (size, left, played) => {
        const members = membersOf(size)
        const cluster = new ModelCluster(members)
        for (const step of played) if (step.kind !== 'retire') play(cluster, step)
        const alive = members.map((_, at) => at).slice(0, Math.min(left, size - 1))
        for (const lost of members.slice(alive.length))
          cluster.do((region, wallMs) => region.retire(lost, true, wallMs), 0)
        cluster.settle(alive)
        for (const region of alive.map((at) => cluster.at(at))) {
          expect(region.fences.members).toEqual(members.slice(0, alive.length))
          expect(region.active).toEqual(region.fences.members)
          expect(region.frontier).toEqual(cluster.at(0).frontier)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('S7: without an operator’s word too few decide nothing', () => {
    const cluster = new ModelCluster(['eu', 'us'])
    cluster.do((region, wallMs) => region.retire('us', false, wallMs), 0)
    expect(cluster.at(0).fences).toMatchObject({ decided: [], pending: [], members: ['eu', 'us'] })
    cluster.do((region, wallMs) => region.retire('us', true, wallMs), 0)
    expect(cluster.at(0).fences).toMatchObject({ decided: [{ key: 'us' }], members: ['eu'] })
  })

  it('S7: two that retire each other: the one that the third heard of first is decided, and the other is not', () => {
    const cluster = new ModelCluster(['ap', 'eu', 'us'])
    cluster.do((region, wallMs) => region.retire('us', false, wallMs), 1, 50)
    cluster.do((region, wallMs) => region.retire('eu', false, wallMs), 2)
    cluster.deliver(1, 0, 0)
    cluster.vote(0)
    cluster.settle([0, 1, 2])
    for (const at of [0, 1])
      expect(cluster.at(at).fences).toMatchObject({ decided: [{ key: 'us' }], members: ['ap', 'eu'] })
  })

  it('S7: what follows from what was said is worked out once, however many commits go by it', () => {
    const members = ['ap', 'eu', 'us']
    const retire = { by: 'us@2', sequence: 1, time: { wallMs: 1, counter: 0 }, region: 'us', before: 2, members }
    const log: FenceLog = { retires: [{ ...retire, overrides: false, known: ['us'] }], votes: [] }
    expect(decideFences(log, [...members])).toBe(decideFences(log, members))
    expect(decideFences(log, ['eu', 'us'])).not.toBe(decideFences(log, members))
  })

  it('S7 W8: what a restored region is told of fences is put together with what it holds once, however many batches go by it', () => {
    const retire = { by: 'us', sequence: 1, region: 'eu', before: 2, time: { wallMs: 1, counter: 0 }, known: [] }
    const held: FenceLog = { retires: [{ ...retire, overrides: false, members: null }], votes: [] }
    const told: FenceLog = { retires: [{ ...retire, sequence: 2, overrides: false, members: null }], votes: [] }
    const both = mergeFences(held, told)
    expect(both.retires).toHaveLength(2)
    expect(mergeFences(held, told)).toBe(both)
    expect(decideFences(mergeFences(held, told), membersOf(3))).toBe(decideFences(both, membersOf(3)))
    expect(mergeFences(both, told)).toBe(both)
  })

  it('S7: of two that retire one, the lower takes over what it leaves', () => {
    const cluster = new ModelCluster(['ap', 'eu', 'us'])
    cluster.do((region, wallMs) => region.retire('us', false, wallMs), 0, 50)
    cluster.do((region, wallMs) => region.retire('us', false, wallMs), 1)
    cluster.settle([0, 1])
    const { fences } = cluster.at(0)
    expect(fences.decided).toHaveLength(1)
    expect(fences.decided.map((fence) => reclaimerOf(fences, fence))).toEqual(['eu'])
  })

  it('S7 W8: a later life of a region, restored from a newer copy, does not move the end of its log that was agreed on without it', () => {
    const say = (by: string, type: string, data: object): ModelCommit => ({
      origin: by,
      firstSequence: 1,
      clock: {},
      time: { wallMs: by.length, counter: 0 },
      events: [{ type, entityId: 'x', data: data as ModelCommit['events'][number]['data'], placement: 'everywhere' }],
    })
    const retire = (by: string, before: number, held: object) =>
      say(by, retiredEvent, { region: 'us', before, overrides: false, known: ['us'], targets: [`us@${before}`], held })
    const members = ['eu', 'us']
    const said = [retire('us@2', 2, { us: 4 }), say('eu', fencedEvent, { targets: ['us@2'], held: { us: 5 } })]
    const agreed = said.reduce(withFencesOf, noFences)
    const heard = withFencesOf(agreed, retire('us@3', 3, { us: 7 }))
    for (const log of [agreed, heard]) expect(heightOf(decideFences(log, members), 'us')).toBe(5)
    expect(apartOf(decideFences(heard, members), 'us@3', { us: 7, 'us@2': 1 })).toEqual({ origin: 'us', height: 5 })
    expect(apartOf(decideFences(heard, members), 'us@3', { us: 5, 'us@2': 1 })).toBeNull()
  })

  it('S7 W8: a region that was restored and one that is lost for good do not wait for each other, whichever was retired first', () => {
    const members = ['ap', 'eu', 'us']
    const retireOf = (region: string, before: number | null, by: string, wallMs: number) => {
      const [at, word] = [{ by, sequence: wallMs }, before === null ? region : `${region}@${before}`]
      const retire = { ...at, region, before, time: { wallMs, counter: 0 }, overrides: false, known: [region], members }
      return { retires: [retire], votes: [{ ...at, targets: [word], held: { [region]: 5 }, hashes: {} }] }
    }
    for (const lost of [10, 30]) {
      const said = [retireOf('eu', 2, 'eu@2', 20), retireOf('ap', null, 'us', lost)].reduce(mergeFences, noFences)
      const { pending } = decideFences(said, members)
      expect(pending.map(({ key }) => key).sort()).toEqual(['ap', 'eu@2'])
      const votes = ['eu@2', 'us'].map((by) => ({
        ...{ by, sequence: 40, targets: pending.map(wordOf) },
        ...{ held: heldOf({ open: pending }, { ap: 7, eu: 5 }), hashes: {} },
      }))
      const { decided, members: left } = decideFences(mergeFences(said, { retires: [], votes }), members)
      expect([decided.map(({ key }) => key), left]).toEqual([
        ['ap', 'eu@2'],
        ['eu', 'us'],
      ])
    }
  })

  it('S7 W8: a restored region decides nothing by a new word, before it holds again what it may have said of it before', () => {
    const members = ['ap', 'eu', 'us']
    const word = (by: string, sequence: number, targets: readonly string[], held: object): FenceLog => ({
      retires: [],
      votes: [{ by, sequence, targets, held: held as Record<string, number>, hashes: {} }],
    })
    const retireOf = (region: string, before: number | null, by: string, wallMs: number): FenceLog => ({
      ...noFences,
      retires: [
        {
          ...{ by, sequence: 1, region, before, time: { wallMs, counter: 0 } },
          ...{ overrides: false, known: [region], members },
        },
      ],
    })
    // ap retires us, of which eu holds more, and says so; eu is restored from a copy from before its word.
    const asked = [retireOf('us', null, 'ap', 1), word('ap', 1, ['us'], { us: 19 })]
    const saidBefore = word('eu', 20, ['us'], { us: 23 })
    const restored = [retireOf('eu', 2, 'eu@2', 2), word('eu@2', 1, ['eu@2'], { eu: 13, us: 19 })]
    const anew = word('eu@2', 2, ['us', 'eu@2'], { eu: 13, us: 19 })
    const answered = word('ap', 9, ['us', 'eu@2'], { eu: 30, us: 23 })
    const endIn = (...said: readonly FenceLog[]) =>
      heightOf(decideFences(said.reduce(mergeFences, noFences), members), 'us')
    expect(endIn(...asked, saidBefore)).toBe(23)
    expect(endIn(...asked, ...restored, anew)).toBeNull()
    // Who has heard ap's answer holds what eu wrote before as far as ap did.
    expect(endIn(...asked, ...restored, anew, saidBefore, answered)).toBe(23)
    // Where nobody had heard of it, it was never said.
    expect(endIn(...asked, ...restored, anew, word('ap', 9, ['us', 'eu@2'], { eu: 13, us: 19 }))).toBe(19)
  })
})
