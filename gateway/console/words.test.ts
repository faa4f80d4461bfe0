import { expect, describe as group, it } from 'vitest'
import { describe, membersOf, type RegionView, stateTone } from './words.ts'

function region(id: string, more: Partial<RegionView> = {}): RegionView {
  const told = { latencyMs: 1, errorRate: 0, digest: 'ab', frontier: { us: 3 }, replication: [], stableFrontier: {} }
  return { id, state: 'HEALTHY', reason: 'It answers.', ...told, history: null, divergence: null, ...more }
}

group("the console's words", () => {
  it('say that all serve and agree, or who does not and why', () => {
    expect(describe([region('us'), region('eu')])).toEqual({
      headline: 'All 2 regions serve',
      detail: 'They hold the same state, by frontier and digest.',
    })
    const lost = region('eu', { state: 'UNREACHABLE', reason: 'No answer for 3 s.', digest: null, frontier: null })
    expect(describe([region('us'), lost])).toEqual({
      headline: '1 of 2 regions serve',
      detail: 'eu: No answer for 3 s.',
    })
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
})
