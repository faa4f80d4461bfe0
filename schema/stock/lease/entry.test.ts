import { describe, expect, it } from 'vitest'
import { findEntryFlaw, type LeaseEntry } from './entry.ts'

const units = 5
const entry = (given: Partial<LeaseEntry>): LeaseEntry => ({
  lease: 'lease-1',
  sku: 'mug',
  number: 1,
  previous: '',
  step: 'sale',
  at: 1_000,
  sold: 0,
  released: 0,
  order: 'o1',
  ...given,
})

describe('an entry of a lease', () => {
  it('S6: may sell what was lent and what came back, and not a unit more', () => {
    const all = entry({ sold: units })
    expect(findEntryFlaw(null, all, units)).toBeNull()
    expect(findEntryFlaw(null, entry({ sold: units + 1 }), units)).toMatch(/more than the 5 units/)
    const back = entry({ number: 2, step: 'release', sold: units, released: 2 })
    expect(findEntryFlaw(all, back, units)).toBeNull()
    const again = (sold: number) => findEntryFlaw(back, entry({ number: 3, sold, released: 2 }), units)
    expect(again(units + 2)).toBeNull()
    expect(again(units + 3)).toMatch(/more than the 5 units/)
  })
})
