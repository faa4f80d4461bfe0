import { describe, expect, it } from 'vitest'
import { type FenceLog, targetKey } from './fence-log.ts'
import { fencingOf } from './fencing.ts'

const members = ['ap', 'eu', 'us']

/** `us` has retired what it wrote before, and `who` have said how far they hold that. */
function retired(before: number, who: readonly string[]): FenceLog {
  const target = { region: 'us', before }
  const by = `us@${before}`
  const time = { wallMs: before, counter: 0 }
  const vote = { targets: [targetKey(target)], held: { us: 7 }, hashes: {} }
  return {
    retires: [{ ...target, by, sequence: 1, time, overrides: false, known: ['us'], members }],
    votes: [by, ...who].map((origin) => ({ ...vote, by: origin, sequence: before })),
  }
}

function both(one: FenceLog, other: FenceLog): FenceLog {
  return { retires: [...one.retires, ...other.retires], votes: [...one.votes, ...other.votes] }
}

describe('what a region takes over of what it wrote before', () => {
  it('S7 W8 S2: nothing while any earlier life of it is not fenced, for that may have taken over the same', () => {
    const frontier = { us: 7, 'us@2': 1, 'us@3': 1 }
    const second = retired(2, ['ap', 'eu'])
    expect(fencingOf(second, members, 'us@2', frontier).estate).toEqual(['us'])
    expect(fencingOf(second, members, 'us@3', frontier).estate).toEqual([])
    expect(fencingOf(both(second, retired(3, ['ap'])), members, 'us@3', frontier).estate).toEqual([])
    expect(fencingOf(both(second, retired(3, ['ap', 'eu'])), members, 'us@3', frontier).estate).toContain('us')
  })
})
