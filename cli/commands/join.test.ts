import { describe, expect, it } from 'vitest'
import { heldByOthers, standingOf } from './join.ts'

const region = (id: string, frontier: Record<string, number> | null, state = 'HEALTHY') => {
  return { id, state, reason: 'all is well', frontier }
}

describe('a region that joins', () => {
  it('has joined once it is healthy and holds what the others hold, retired ones left out', () => {
    const others = [region('eu', { eu: 9, us: 4 }), region('us', { us: 7 }, 'RETIRED')]
    const goal = heldByOthers(others, 'br')
    expect(goal).toEqual({ eu: 9, us: 4 })
    expect(standingOf([...others, region('br', { eu: 9, us: 4, br: 1 })], 'br', goal)).toEqual({ has: 'joined' })
    expect(standingOf([...others, region('br', { eu: 5, us: 4 })], 'br', goal)).toEqual({
      has: 'to wait',
      reason: '4 events behind',
    })
    expect(standingOf([...others, region('br', { eu: 9, us: 4 }, 'DEGRADED')], 'br', goal)).toMatchObject({
      has: 'to wait',
    })
    expect(standingOf([...others, region('br', null, 'UNREACHABLE')], 'br', goal)).toMatchObject({ has: 'to wait' })
  })

  it('S7: that was retired is told that it does not, and what to do instead', () => {
    const regions = [region('eu', { eu: 9 }), region('us', null, 'RETIRED')]
    expect(() => standingOf(regions, 'us', {})).toThrow(/retired for good.*an id that was never retired/)
    expect(() => standingOf(regions, 'br', {})).toThrow(/no region br is configured; there are eu, us\..*configuration/)
  })
})
