import { describe, expect, it } from 'vitest'
import { sayConflicts } from '../api/conflicts.ts'
import { compareRegions, type RegionReport } from '../api/regions.ts'
import { formatStatus } from './status.ts'

function region(id: string, frontier: Record<string, number> | null, digest: string | null): RegionReport {
  return {
    id,
    state: frontier === null ? 'UNREACHABLE' : 'HEALTHY',
    reason: 'as it says',
    latencyMs: 1.25,
    errorRate: 0,
    replication: [],
    digest,
    frontier,
  }
}

function say(...regions: RegionReport[]): string {
  return formatStatus(regions, compareRegions(regions))
}

describe('causeway status', () => {
  it('says when all regions are equal', () => {
    const text = say(
      region('eu', { eu: 5, us: 7 }, 'abcdef0123456789'),
      region('us', { eu: 5, us: 7 }, 'abcdef0123456789'),
    )
    expect(text).toContain('all regions are equal')
    expect(text).toContain('abcdef012345')
    expect(text).toContain('0 events')
  })

  it('says how far a region is behind', () => {
    const text = say(region('eu', { eu: 5 }, 'a'), region('us', { eu: 4, us: 7 }, 'b'))
    expect(text).toContain('the regions differ while they catch up')
    expect(text).toMatch(/eu .*7 events/)
    expect(text).toMatch(/us .*1 event /)
  })

  it('tells silent divergence from lag', () => {
    expect(say(region('eu', { eu: 5 }, 'a'), region('us', { eu: 5 }, 'b'))).toContain('run causeway verify')
  })

  it('says when it is too early to compare', () => {
    const text = say(region('eu', { eu: 5 }, null), region('us', { eu: 5 }, 'b'))
    expect(text).toContain('not comparable yet')
  })

  it('M1: tells how many conflicts there are, and the newest', () => {
    const newest = { documentId: 'p1', path: 'title', policy: 'last-writer', detectedAt: '2026-01-01T00:00:00.000Z' }
    expect(sayConflicts({ keptPairs: 3, newest })).toBe(
      'conflicts: 3 pairs of changes, the newest at 2026-01-01T00:00:00.000Z: title of p1 (last-writer)',
    )
    expect(sayConflicts({ keptPairs: 0, newest: null })).toBe('conflicts: none')
    expect(sayConflicts(null)).toBe('conflicts: not known')
  })

  it('a region that does not answer is named with the reason', () => {
    const text = say(region('eu', { eu: 5 }, 'a'), region('us', null, null))
    expect(text).toContain('us: as it says')
    expect(text).toContain('not comparable: us cannot be asked')
  })
})
