import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noFences } from './fence-log.ts'
import { membersOf, play, type Step, steps } from './history.testing.ts'
import { ModelCluster, type ModelRegion, stayingIn } from './model.testing.ts'
import { putOffOf } from './put-off.ts'

const retire = fc.record({ at: fc.nat(4), region: fc.nat(4), skewMs: fc.integer({ min: -30, max: 30 }) })
const histories = fc.record({
  size: fc.integer({ min: 3, max: 5 }),
  restored: fc.nat(4),
  known: steps,
  first: retire,
  lost: steps,
  /** Whom it retires then. */
  second: fc.nat(4),
  before: steps,
  after: steps,
})

function playAll(cluster: ModelCluster, played: readonly Step[]): void {
  for (const step of played) if (step.kind !== 'retire') play(cluster, step)
}

function retireIn(cluster: ModelCluster, at: number, region: number, skewMs = 0): void {
  const target = cluster.at(region).id
  cluster.do((by, wallMs) => by.retire(target, false, wallMs), at, skewMs)
}

/** From an empty copy. */
function restoreIn(cluster: ModelCluster, at: number): void {
  cluster.do((one, wallMs) => one.restore({ frontier: {}, log: noFences }, wallMs), at)
}

function deliverAll(cluster: ModelCluster, from: number, to: number): void {
  for (let turn = 0; turn < 9; turn += 1) cluster.deliver(from, to, 0)
}

const putOffIn = (region: ModelRegion) => putOffOf(region, region.id, region)
const leftIn = ({ fences }: ModelRegion) => fences.decided.map(({ key }) => key)

describe('a word that is put off', () => {
  it('S7 W8: a restored region that has retired the one that stays hears its word about another before it says its own', () => {
    const cluster = new ModelCluster(['ap', 'eu', 'us'])
    const [eu, us] = [cluster.at(1), cluster.at(2)]
    retireIn(cluster, 2, 0)
    deliverAll(cluster, 2, 0)
    restoreIn(cluster, 1)
    retireIn(cluster, 1, 2)
    cluster.settle([0, 1])
    expect(putOffIn(eu)).toEqual({ waitsFor: ['us'], through: ['ap'] })
    expect(eu.fences.pending.map(({ key, missing }) => [key, missing])).toEqual([
      ['ap', ['eu', 'us']],
      ['eu@2', ['eu', 'us']],
    ])
    cluster.settle([0, 1, 2])
    expect(putOffIn(eu)).toBeNull()
    expect([eu, us].map(leftIn)).toEqual([
      ['ap', 'eu@2'],
      ['ap', 'eu@2'],
    ])
    expect(eu.frontier).toEqual(us.frontier)
  })

  it('S7 W8: so do all that have agreed with it, for they can bring each other nothing; but one that has not said such a word can', () => {
    for (const hasAgreed of [true, false]) {
      const cluster = new ModelCluster(membersOf(4))
      const [br, ca] = [cluster.at(1), cluster.at(2)]
      retireIn(cluster, 0, 3)
      deliverAll(cluster, 0, 3)
      restoreIn(cluster, 1)
      retireIn(cluster, 1, 0)
      if (hasAgreed) cluster.settle([1, 2])
      cluster.do((de, wallMs) => de.acknowledge(wallMs), 3)
      for (const at of [1, 2]) deliverAll(cluster, 3, at)
      expect(br.fences.pending.map(({ key }) => key)).toEqual(['de', 'br@2'])
      const putOff = { waitsFor: ['ap'], through: ['de'] }
      expect([br, ca].map(putOffIn)).toEqual(hasAgreed ? [putOff, putOff] : [null, null])
      cluster.settle([1, 2, 3])
      cluster.settle([0, 1, 2, 3])
      // Three are left of four then, and ap is the next to leave.
      expect([br, ca].map(leftIn)).toEqual(Array(2).fill(['br@2', 'de', 'ap']))
      expect(br.frontier).toEqual(ca.frontier)
    }
  })

  it('S7 W8: where a region is restored that had said none, and retires another while one retires another, all who stay agree', () => {
    fc.assert(
      fc.property(histories, ({ size, restored, known, first, lost, second, before, after }) => {
        const members = membersOf(size)
        const cluster = new ModelCluster(members)
        playAll(cluster, known)
        const region = cluster.at(restored)
        const { frontier, log } = region
        const words = () => region.log.votes.filter(({ by }) => by === region.id).length
        const wordsBefore = words()
        retireIn(cluster, first.at, first.region, first.skewMs)
        playAll(cluster, lost)
        // What it has said is only told by others then, and where it was about one who is to leave it hears that one no more.
        if (words() > wordsBefore) return
        cluster.do((one, wallMs) => one.restore({ frontier, log }, wallMs), restored)
        playAll(cluster, before)
        retireIn(cluster, restored, second)
        playAll(cluster, after)
        const alive = members.map((_, at) => at)
        cluster.settle(alive)
        const staying = stayingIn(cluster, alive)
        expect(staying.length).toBeGreaterThan(0)
        for (const one of staying) {
          expect(one.frontier, `${one.id} and ${staying[0]?.id}`).toEqual(staying[0]?.frontier)
          expect(one.fences).toEqual(staying[0]?.fences)
          expect(one.fences.pending.flatMap(({ missing }) => missing)).toEqual([])
        }
      }),
      { numRuns: 300 },
    )
  })
})
