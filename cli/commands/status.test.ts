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
    stableFrontier: frontier,
    history: null,
    divergence: null,
    reads: null,
    snapshot: null,
    restoration: null,
    openIncidents: 0,
    operatorKeys: null,
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

  it('C6: says which regions know other keys of operators', () => {
    const [eu, us] = [region('eu', { eu: 5 }, 'a'), region('us', { eu: 5 }, 'a')]
    const operatorKeys = { cluster: 'shop', keys: ['MCow'], fingerprint: 'ab12' }
    expect(say(eu, us)).not.toContain('operators')
    expect(say({ ...eu, operatorKeys }, us)).toContain('keys of operators differ: eu ab12, us none\n')
    expect(say({ ...eu, operatorKeys }, { ...us, operatorKeys })).not.toContain('differ:')
    expect(say({ ...eu, operatorKeys }, region('us', null, null))).not.toContain('differ:')
  })

  it('says how far a region is behind', () => {
    const text = say(region('eu', { eu: 5 }, 'a'), region('us', { eu: 4, us: 7 }, 'b'))
    expect(text).toContain('the regions differ while they catch up')
    expect(text).toMatch(/eu .*7 events/)
    expect(text).toMatch(/us .*1 event /)
  })

  it('Q2: tells how reads went by consistency, and how old the answers were', () => {
    const bounded = {
      consistency: 'bounded',
      served: 41,
      missed: 2,
      averageStalenessMs: 12.4,
      greatestStalenessMs: 380,
    }
    const strong = { consistency: 'strong', served: 0, missed: 0, averageStalenessMs: null, greatestStalenessMs: null }
    const text = say({ ...region('eu', { eu: 5 }, 'a'), reads: [bounded, strong] })
    expect(text).toMatch(/eu +bounded +41 +2 +12 ms +380 ms/)
    expect(text).not.toContain('strong')
  })

  it('C10: tells of a snapshot under way, and how far it is', () => {
    const snapshot = { from: 'us', phase: 'fetching', pages: 40, receivedPages: 7 }
    const text = say({ ...region('eu', { eu: 5 }, 'a'), snapshot })
    expect(text).toContain('eu: takes a snapshot of us: fetching, 7 of 40 pages')
    const asking = { from: 'us', phase: 'asking', pages: null, receivedPages: 0 }
    expect(say({ ...region('eu', { eu: 5 }, 'a'), snapshot: asking })).toContain('takes a snapshot of us: asking\n')
  })

  it('W8: tells of a restored region that is not whole, whom it waits for and what it lacks', () => {
    const restored = { ...region('eu', { eu: 5 }, 'a'), restoration: { waitsFor: ['ap', 'us'], lacksEvents: 1 } }
    const words = 'eu: was restored and is not whole yet, so it ships nothing'
    expect(say(restored)).toContain(`${words}; waits for the word of ap, us; lacks 1 event that it had written`)
    expect(say({ ...restored, restoration: { waitsFor: [], lacksEvents: 0 } })).toContain(`${words}\n`)
    expect(say(region('eu', { eu: 5 }, 'a'))).not.toContain('whole')
  })

  it('names the regions that have raised incidents, and says how they are asked for them', () => {
    const text = say({ ...region('eu', { eu: 5 }, 'a'), openIncidents: 2 }, region('us', { eu: 5 }, 'a'))
    expect(text).toContain('eu: 2 open incidents: ask incidents(open: true) of it (causeway-region: eu)\n')
    expect(text).not.toContain('us: 0 open')
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

  it('C6, C8, C9: tells of each link, of the history, and of what differs', () => {
    const link = {
      ...{ from: 'us', to: 'eu', connected: true, lagMs: 42, lagEvents: 900, lagCommits: 3 },
      ...{ bytesPerSecond: 10, bytesPerEvent: 9.4, batches: 7, commits: 70, events: 7_000, bytes: 65_800 },
      ...{ retries: 1, reconnects: 2, quarantined: 3, faults: 2, lastFault: 'C6: us sent what is no batch: too short' },
    }
    const open = [{ subject: 'stock/mug', detail: 'us holds another one', since: '2026-01-01T00:00:00.000Z' }]
    const eu: RegionReport = {
      ...region('eu', { eu: 5, us: 100 }, 'a'),
      stableFrontier: { eu: 5, us: 90 },
      replication: [link],
      history: { logCommits: 1, logBytes: 2_048, archivedCommits: 20, archivedBytes: 3_000_000, foldedDocuments: 4 },
      divergence: { checkedAt: null, found: 1, repaired: 0, open },
    }
    const text = say(eu)
    expect(text).toMatch(/us → eu +42 ms +3 commits, 900 events +65.8 kB +9 B +7 +2 +1 +3/)
    expect(text).toMatch(/eu +95 of 105 events +1 commit +2.0 kB +20 commits +3.0 MB +4 documents/)
    expect(text).toContain('eu: stock/mug differs: us holds another one')
    const fault =
      'us → eu: brought 2 times what cannot be read or was not signed so, and was closed for it; the last time C6: us sent'
    expect(text).toContain(`${fault} what is no batch: too short`)
    expect(text).toMatch(/eu .*1 open/)
  })
})
