import { noFences } from '@causeway/schema/fence/fence-log'
import { describe, expect, it } from 'vitest'
import { isStable, owesAcknowledgement, stableVector } from './stability.ts'

const members = ['ap', 'eu', 'us']

describe('stability', () => {
  it('I3: nothing is stable while one member has shown no clock', () => {
    const head = { region: 'eu', frontier: { eu: 5, us: 3 }, memberClocks: { us: { us: 3, eu: 5 } }, fences: noFences }
    expect(stableVector(head, members)).toEqual({})
  })

  it('I3: what every member has shown to hold is stable, however far some are ahead', () => {
    const memberClocks = { us: { us: 9, eu: 4 }, ap: { eu: 5, us: 2, ap: 1 } }
    const head = { region: 'eu', frontier: { eu: 5, us: 3, ap: 1 }, memberClocks, fences: noFences }
    expect(stableVector(head, members)).toEqual({ eu: 4, us: 2 })
    expect(isStable(head, members, { origin: 'eu', sequence: 4 })).toBe(true)
    expect(isStable(head, members, { origin: 'eu', sequence: 5 })).toBe(false)
  })

  it('S7: a region that was retired keeps nothing unstable, once all that it wrote is applied', () => {
    const retire = { by: 'eu', sequence: 6, time: { wallMs: 1, counter: 0 }, region: 'ap', before: null, members: null }
    const fences = {
      retires: [{ ...retire, overrides: false, known: ['ap'] }],
      votes: [
        { by: 'eu', sequence: 6, targets: ['ap'], held: { ap: 1 }, hashes: {} },
        { by: 'us', sequence: 4, targets: ['ap'], held: { ap: 2 }, hashes: {} },
      ],
    }
    const memberClocks = { us: { us: 4, eu: 6, ap: 2 }, ap: { ap: 1 } }
    const head = { region: 'eu', frontier: { eu: 6, us: 4, ap: 1 }, memberClocks, fences }
    expect(stableVector(head, members)).toEqual({ ap: 1 })
    expect(stableVector({ ...head, frontier: { ...head.frontier, ap: 2 } }, members)).toEqual({ eu: 6, us: 4, ap: 2 })
  })

  it('W8 S8: nothing is, while it is not agreed and applied how far the log of a restored member went', () => {
    const retire = { by: 'us@2', sequence: 1, time: { wallMs: 1, counter: 0 }, region: 'us', before: 2, members: null }
    const votes = [
      { by: 'us@2', sequence: 1, targets: ['us@2'], held: { us: 3 }, hashes: {} },
      { by: 'eu', sequence: 7, targets: ['us@2'], held: { us: 3 }, hashes: {} },
      { by: 'ap', sequence: 2, targets: ['us@2'], held: { us: 4 }, hashes: {} },
    ]
    const retires = [{ ...retire, overrides: false, known: ['us'] }]
    // us shows that it has heard of eu:7. What it had written before, and ap alone holds, may stand against that.
    const memberClocks = { us: { 'us@2': 1, eu: 7, us: 3 }, ap: { ap: 2, eu: 7, us: 4 } }
    const head = { region: 'eu', frontier: { eu: 7, us: 3, 'us@2': 1, ap: 1 }, memberClocks }
    expect(stableVector({ ...head, fences: { retires, votes: votes.slice(0, 2) } }, members)).toEqual({})
    const fences = { retires, votes }
    expect(stableVector({ ...head, fences }, members)).toEqual({})
    expect(stableVector({ ...head, frontier: { ...head.frontier, us: 4 }, fences }, members)).toMatchObject({ eu: 7 })
  })

  it('an acknowledgement is owed for facts, not for acknowledgements', () => {
    const own = { eu: 2, us: 3 }
    const common = { region: 'eu', memberClocks: { eu: own } }
    expect(owesAcknowledgement({ ...common, significant: { us: 3 } })).toBe(false)
    expect(owesAcknowledgement({ ...common, significant: { us: 4 } })).toBe(true)
  })
})
