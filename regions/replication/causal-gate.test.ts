import { advance, covers, mergeVectors, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applied, type GateState, offer, openGate, settle, withdraw } from './causal-gate.ts'

const noon = 1_700_000_000_000

function commit(origin: string, first: number, last: number, clock: VersionVector, wallMs = noon): SealedCommit {
  return {
    origin,
    firstSequence: first,
    lastSequence: last,
    clock: first > 1 ? { ...clock, [origin]: first - 1 } : clock,
    time: { wallMs, counter: 0 },
    hash: new Uint8Array(32),
    previousHash: new Uint8Array(32),
    bytes: new Uint8Array(100),
  }
}

/** A history of several origins, each of which has applied some of the others' commits when it commits. */
const histories = fc
  .array(
    fc.record({
      origin: fc.constantFrom('ap', 'eu', 'us'),
      events: fc.integer({ min: 1, max: 3 }),
      hears: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((steps) => {
    const commits: SealedCommit[] = []
    const frontiers: Record<string, VersionVector> = { ap: {}, eu: {}, us: {} }
    let all: VersionVector = {}
    for (const { origin, events, hears } of steps) {
      const frontier = hears ? mergeVectors(frontiers[origin] ?? {}, all) : (frontiers[origin] ?? {})
      const first = sequenceOf(frontier, origin) + 1
      const made = commit(origin, first, first + events - 1, frontier, noon + commits.length)
      commits.push(made)
      frontiers[origin] = advance(frontier, origin, made.lastSequence)
      all = mergeVectors(all, frontiers[origin] ?? {})
    }
    return { commits, end: all }
  })

/** Deliveries in any order, some lost at first, some twice, in batches; then everything that is missing, once more. */
const deliveries = histories.chain(({ commits, end }) =>
  fc.record({
    commits: fc.constant(commits),
    end: fc.constant(end),
    batches: fc.array(fc.array(fc.nat(commits.length - 1), { maxLength: 6 }), { maxLength: 30 }),
    limit: fc.integer({ min: 1, max: 12 }),
    appliesLate: fc.boolean(),
  }),
)

describe('causal gate', () => {
  it('C1, C2: any shuffling, loss and repetition of a history is handed on once each, causes first', () => {
    fc.assert(
      fc.property(deliveries, ({ commits, end, batches, limit, appliesLate }) => {
        let state: GateState = openGate({}, { maximumCommits: limit, maximumBytes: 100 * limit })
        let frontier: VersionVector = {}
        const handedOn: SealedCommit[] = []
        const take = (result: ReturnType<typeof offer>) => {
          state = result.state
          expect(state.waitingCommits).toBeLessThanOrEqual(limit)
          for (const ready of result.ready) {
            expect(covers(frontier, ready.clock)).toBe(true)
            expect(sequenceOf(frontier, ready.origin)).toBe(ready.firstSequence - 1)
            frontier = advance(frontier, ready.origin, ready.lastSequence)
            handedOn.push(ready)
          }
          if (!appliesLate) state = applied(state, frontier, noon).state
          return result
        }
        for (const batch of batches)
          take(
            offer(
              state,
              batch.flatMap((index) => commits[index] ?? []),
              noon,
            ),
          )
        let { missing } = take(applied(state, frontier, noon))
        if (!covers(frontier, end)) {
          const rest = commits.filter((each) => each.lastSequence > sequenceOf(frontier, each.origin))
          for (const each of rest) missing = take(offer(state, [each], noon)).missing
        }
        expect(frontier).toEqual(end)
        expect(missing).toEqual([])
        expect(new Set(handedOn).size).toBe(handedOn.length)
        expect(state.waitingCommits).toBe(0)
        expect(state.waitingBytes).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('C2: a hole is named, and what stands behind it waits', () => {
    const result = offer(openGate({ eu: 2 }), [commit('eu', 6, 7, {}), commit('eu', 1, 2, {})], noon)
    expect(result.ready).toEqual([])
    expect(result.dropped.map(({ reason }) => reason)).toEqual(['duplicate'])
    expect(result.missing).toEqual([{ origin: 'eu', first: 3, last: 5 }])
  })

  it('C1: a cause that another link brings is named while it is missing', () => {
    const effect = commit('us', 1, 1, { eu: 4 })
    const waiting = offer(openGate({ eu: 2 }), [effect], noon)
    expect(waiting.missing).toEqual([{ origin: 'eu', first: 3, last: 4 }])
    const cause = commit('eu', 3, 4, {})
    expect(offer(waiting.state, [cause], noon).ready).toEqual([cause, effect])
  })

  it('C1: own commits and another node’s let a waiting commit go', () => {
    const effect = commit('us', 1, 1, { eu: 4 })
    const waiting = offer(openGate({ eu: 2 }), [effect], noon)
    expect(applied(waiting.state, { eu: 4 }, noon).ready).toEqual([effect])
  })

  it('C2: at its bound the gate drops the furthest and keeps asking for it', () => {
    const gate = openGate({}, { maximumCommits: 2, maximumBytes: 1_000 })
    const later = [4, 2, 3].map((sequence) => commit('eu', sequence, sequence, {}, noon + sequence))
    const full = offer(gate, later, noon)
    expect(full.dropped.map(({ commit: { firstSequence }, reason }) => [firstSequence, reason])).toEqual([[4, 'full']])
    expect(full.missing).toEqual([
      { origin: 'eu', first: 1, last: 1 },
      { origin: 'eu', first: 4, last: 4 },
    ])
    const moved = offer(full.state, [commit('eu', 1, 1, {})], noon)
    expect(moved.ready.map(({ firstSequence }) => firstSequence)).toEqual([1, 2, 3])
    expect(moved.missing).toEqual([{ origin: 'eu', first: 4, last: 4 }])
  })

  it('C7: a commit from too far in the future waits until its time comes near', () => {
    const early = commit('eu', 1, 1, {}, noon + 90_000)
    const waiting = offer(openGate({}), [early], noon)
    expect(waiting.ready).toEqual([])
    expect(waiting.retryInMs).toBe(30_000)
    expect(settle(waiting.state, noon + 30_000).ready).toEqual([early])
  })

  it('C2: what was handed on and could not be applied is asked for again', () => {
    const first = commit('eu', 1, 3, {})
    const handedOn = offer(openGate({}), [first], noon)
    const again = withdraw(handedOn.state, {})
    expect(settle(again, noon).missing).toEqual([{ origin: 'eu', first: 1, last: 3 }])
    expect(offer(again, [first], noon).ready).toEqual([first])
  })

  it('C6: another cut of the same sequences is refused', () => {
    const result = offer(openGate({ eu: 2 }), [commit('eu', 2, 4, {})], noon)
    expect(result.dropped.map(({ reason }) => reason)).toEqual(['overlaps'])
    expect(result.ready).toEqual([])
  })
})
