import { describe, expect, it } from 'vitest'
import { retiredEvent } from '../fence/fence-log.ts'
import type { Fences } from '../fence/fences.ts'
import type { Operators } from '../fence/order.ts'
import { findFenceRefusal } from './fence-rule.ts'

const configured = ['ap', 'eu', 'sa', 'us']
const operators = (...places: readonly string[]): Operators => ({
  ...{ cluster: 'shop', keys: [], withoutOrder: new Set(places), fingerprint: '', verify: () => false },
})
/** `us` ends what it wrote before, by the word of `members`. */
const ended = (members: readonly string[], before: number | null = 2) => ({
  ...{ origin: 'us@2', firstSequence: 3 },
  events: [
    { type: 'origin.acknowledged', entityId: 'us', data: {}, placement: 'everywhere' as const },
    {
      type: retiredEvent,
      entityId: 'us',
      data: { region: 'us', before, members },
      placement: 'everywhere' as const,
    },
  ],
})
const left = (...regions: readonly string[]): Fences => {
  const gone = (region: string) => ({
    ...{ target: { region, before: null }, key: region, retires: [], heights: {}, ends: {} },
  })
  return { decided: regions.map(gone), pending: [], open: [], members: configured }
}

describe('who decides how far a log goes', () => {
  it('C6 S7: are all regions that are configured where operators have keys, but for those that have left', () => {
    const refused = (members: readonly string[], fences = left()) =>
      findFenceRefusal(ended(members), operators(), configured, () => fences)
    expect(refused(configured)).toBeNull()
    expect(refused(['ap', 'eu', 'us'])).toMatchObject({ kind: 'later', rule: 'S7' })
    expect(refused(['ap', 'eu', 'us'], left('sa'))).toBeNull()
    expect(refused(['ap', 'us'], left('sa'))?.reason).toContain('lets eu not decide')
  })

  it('S7: are fewer where a region was added later, as operators say, and whoever the writer names where they have no keys', () => {
    const members = ['ap', 'eu', 'us']
    const told = findFenceRefusal(ended(members), operators(), configured, () => left())
    expect(told?.reason).toContain('add us@2:4 to retiresWithoutOrder')
    expect(findFenceRefusal(ended(members), operators('us@2:4'), configured, () => left())).toBeNull()
    expect(findFenceRefusal(ended(members), null, configured, () => left())).toBeNull()
    // Of a whole region the order tells.
    expect(findFenceRefusal(ended(members, null), operators(), configured, () => left())).toBeNull()
  })
})
