// What every region relies on when it compares and merges what regions have seen.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  advance,
  compareVectors,
  covers,
  emptyVector,
  eventsBehind,
  meetVectors,
  mergeVectors,
  sequenceOf,
  type VersionVector,
} from './version-vector.ts'

// Few origins and low sequences, so that related vectors are common.
const vectors: fc.Arbitrary<VersionVector> = fc.dictionary(
  fc.constantFrom('us-east-1', 'eu-west-1', 'eu-west-1@2', 'ap-south-1'),
  fc.integer({ min: 1, max: 4 }),
  { noNullPrototype: true },
)

describe('version vectors', () => {
  it('C1: one commit causes another in one direction only, and causes of causes are causes', () => {
    fc.assert(
      fc.property(vectors, vectors, vectors, (a, b, c) => {
        expect(covers(a, a)).toBe(true)
        if (covers(a, b) && covers(b, a)) expect(a).toEqual(b)
        if (covers(a, b) && covers(b, c)) expect(covers(a, c)).toBe(true)
      }),
    )
  })

  it('says before, after, equal or concurrent, and the other side says the opposite', () => {
    const opposite = { before: 'after', after: 'before', equal: 'equal', concurrent: 'concurrent' } as const
    fc.assert(
      fc.property(vectors, vectors, (a, b) => {
        expect(compareVectors(b, a)).toBe(opposite[compareVectors(a, b)])
      }),
    )
    expect(compareVectors({ 'us-east-1': 1 }, { 'us-east-1': 1, 'eu-west-1': 1 })).toBe('before')
    expect(compareVectors({ 'us-east-1': 2 }, { 'us-east-1': 1, 'eu-west-1': 1 })).toBe('concurrent')
  })

  it('C3: frontiers merge to the least vector that covers both, in whatever order regions hear of each other', () => {
    fc.assert(
      fc.property(vectors, vectors, vectors, (a, b, c) => {
        const merged = mergeVectors(a, b)
        expect(covers(merged, a) && covers(merged, b)).toBe(true)
        if (covers(c, a) && covers(c, b)) expect(covers(c, merged)).toBe(true)
        expect(merged).toEqual(mergeVectors(b, a))
        expect(mergeVectors(merged, c)).toEqual(mergeVectors(a, mergeVectors(b, c)))
        expect(mergeVectors(a, a)).toBe(a)
        expect(mergeVectors(a, emptyVector)).toEqual(a)
      }),
    )
  })

  it('the meet is what both hold, and no more', () => {
    fc.assert(
      fc.property(vectors, vectors, vectors, (a, b, c) => {
        const met = meetVectors(a, b)
        expect(covers(a, met) && covers(b, met)).toBe(true)
        if (covers(a, c) && covers(b, c)) expect(covers(met, c)).toBe(true)
        expect(met).toEqual(meetVectors(b, a))
        expect(mergeVectors(a, met)).toEqual(a)
      }),
    )
  })

  it('C2: what was applied is never forgotten by hearing of something older', () => {
    fc.assert(
      fc.property(vectors, fc.integer({ min: 1, max: 6 }), (a, sequence) => {
        const advanced = advance(a, 'eu-west-1', sequence)
        expect(sequenceOf(advanced, 'eu-west-1')).toBe(Math.max(sequence, sequenceOf(a, 'eu-west-1')))
        expect(covers(advanced, a)).toBe(true)
      }),
    )
  })

  it('counts the events that are missing', () => {
    fc.assert(
      fc.property(vectors, vectors, (a, b) => {
        expect(eventsBehind(a, b) === 0).toBe(covers(a, b))
        expect(eventsBehind(a, mergeVectors(a, b))).toBe(eventsBehind(a, b))
      }),
    )
    expect(eventsBehind({ 'us-east-1': 5 }, { 'us-east-1': 7, 'eu-west-1': 3 })).toBe(5)
  })
})
