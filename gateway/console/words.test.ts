import { expect, describe as group, it } from 'vitest'
import {
  describe,
  type LinkView,
  listConflict,
  listFaults,
  listIncident,
  listReads,
  listStock,
  membersOf,
  type RegionView,
  restorationWord,
  snapshotWord,
  stateTone,
} from './words.ts'

function region(id: string, more: Partial<RegionView> = {}): RegionView {
  const told = { latencyMs: 1, errorRate: 0, digest: 'ab', frontier: { us: 3 }, replication: [], stableFrontier: {} }
  const untold = {
    history: null,
    divergence: null,
    reads: null,
    snapshot: null,
    restoration: null,
    openIncidents: null,
  }
  return { id, state: 'HEALTHY', reason: 'It answers.', ...told, ...untold, ...more }
}

group("the console's words", () => {
  it('say that all serve and agree, or who does not and why', () => {
    expect(describe([region('us'), region('eu')])).toEqual({
      headline: 'All 2 regions serve',
      detail: 'They hold the same state, by frontier and digest.',
    })
    const lost = region('eu', { state: 'UNREACHABLE', reason: 'No answer for 3 s.', digest: null, frontier: null })
    expect(describe([region('us'), lost])).toEqual({
      headline: '1 of 2 regions serves',
      detail: 'eu: No answer for 3 s.',
    })
    expect(describe([region('us')]).headline).toBe('The one region serves')
    expect(describe([region('us'), region('eu', { digest: 'cd' })]).detail).toContain('digests differ')
  })

  it('S7: count a retired region among no members, and name it', () => {
    const gone = region('ap', { state: 'RETIRED', reason: 'It is retired.', digest: null, frontier: null })
    const all = [region('us'), region('eu'), gone]
    expect(describe(all)).toEqual({
      headline: 'All 2 regions serve',
      detail: 'They hold the same state, by frontier and digest. Retired: ap.',
    })
    expect(membersOf(all).map(({ id }) => id)).toEqual(['us', 'eu'])
    expect(stateTone(gone.state)).toBe('gone')
  })

  it('Q2: tell how reads went, by the levels that somebody has asked for', () => {
    const none = { averageStalenessMs: null, greatestStalenessMs: null }
    const reads = [
      { consistency: 'eventual', served: 12_345, missed: 0, ...none },
      { consistency: 'session', served: 0, missed: 0, ...none },
      { consistency: 'bounded', served: 3, missed: 2, averageStalenessMs: 41.2, greatestStalenessMs: 1_500 },
    ]
    expect(listReads([region('us', { reads }), region('eu')])).toEqual([
      ['us', 'eventual', '12,345', '–', '–', '–'],
      ['us', 'bounded', '3', '2', '41 ms', '1.5 s'],
    ])
  })

  it('S4: tell of a SKU how many units there are, and of one that is not there', () => {
    const level = { available: 3, reserved: 1_200, leased: 2, onHand: 1_205, updatedAt: '', rights: [] }
    expect(listStock('mug', level)).toBe(
      '3 of mug can be sold: 1,205 in the house, 1,200 reserved by orders, 2 lent to devices.',
    )
    expect(listStock('cup', null)).toBe('No product sells cup, and it has never been received.')
  })

  it('tell of an incident what it is, where and when', () => {
    const about = { entityIds: ['lease-1', 'order-1'], detail: 'two', at: '2026-01-01T12:00:00.000Z' }
    expect(listIncident({ id: 'incident:eu:1', kind: 'debt', region: 'eu', ...about })).toEqual({
      ...{ title: 'debt in eu', detail: 'two', about: 'lease-1, order-1', when: '2026-01-01 12:00:00 UTC' },
    })
    const many = Array.from({ length: 200 }, (_, index) => `order-${index + 1}`)
    const aboutMany = (entityIds: readonly string[]) =>
      listIncident({ id: 'incident:eu:2', kind: 'salvage', region: 'eu', ...about, entityIds }).about
    expect(aboutMany(many)).toMatch(/^order-1, .*, order-8 and 192 more$/)
    expect(aboutMany([])).toBe('no one thing')
    const regions = [region('us', { openIncidents: 1 }), region('eu', { openIncidents: 2 })]
    expect(describe(regions).detail).toMatch(/3 incidents wait for a person\.$/)
    expect(describe([region('us', { openIncidents: 1 })]).detail).toMatch(/An incident waits for a person\.$/)
  })

  it('S5: tell what was said of an order in two regions by its units, and anything else as it is', () => {
    const lines = [
      { id: '1', sku: 'mug', quantity: 2, unitPrice: 400 },
      { id: '2', sku: 'cup', quantity: 1, unitPrice: 5 },
    ]
    const values = [
      { value: { kind: 'placed', customerId: null, lines }, region: 'us', at: '' },
      { value: { kind: 'cancelled', note: 'found it cheaper' }, region: 'eu', at: '' },
      { value: { quantity: 3 }, region: 'ap', at: '' },
    ]
    const conflict = { id: 'c', documentId: 'o1', path: 'placed', policy: 'earliest-claim', detectedAt: '', values }
    const { stands, lost } = listConflict(conflict)
    expect(stands).toBe('stands: placed 2 × mug, 1 × cup (us)')
    expect(lost).toBe('beside it: cancelled, “found it cheaper” (eu), {"quantity":3} (ap)')
  })

  it('C6: tell of links that brought what was not signed so, and of no others', () => {
    const lag = { lagMs: 0, lagEvents: 0, lagCommits: 0, bytesPerSecond: 0, bytesPerEvent: 0 }
    const well: LinkView = {
      ...{ from: 'us', to: 'eu', connected: true, ...lag, reconnects: 0, retries: 0, quarantined: 0 },
      ...{ faults: 0, lastFault: null },
    }
    const ill = { ...well, faults: 2, lastFault: 'C6: us sent what is no batch' }
    expect(listFaults([well, ill])).toEqual([
      'us → eu was closed 2 times for what it brought. C6: us sent what is no batch',
    ])
  })

  it('C10: tell of a snapshot under way how far it is', () => {
    const snapshot = { from: 'us', phase: 'fetching', pages: null, receivedPages: 0 }
    expect(snapshotWord(snapshot)).toBe('Takes a snapshot of us: fetching')
    expect(snapshotWord({ ...snapshot, pages: 12, receivedPages: 5 })).toContain('5 of 12 pages')
  })

  it('W8: tell of a restored region that is not whole whom it waits for, and what it lacks', () => {
    expect(restorationWord({ waitsFor: ['us', 'ap'], lacksEvents: 1_200 })).toMatch(
      /word of us, ap; lacks 1,200 events/,
    )
    expect(restorationWord({ waitsFor: [], lacksEvents: 0 })).toBe(
      'Was restored and is not whole yet, so it ships nothing',
    )
  })
})
