import { type FenceLog, noFences } from '@causeway/schema/fence/fence-log'
import { decideFences, heightOf } from '@causeway/schema/fence/fences'
import { describe, expect, it } from 'vitest'
import { endToldBy, passingEnds } from './own-end.ts'

const members = ['ap', 'eu', 'us']
const retireOf = (region: string, before: number | null, by: string, sequence: number, wallMs: number) => ({
  ...{ by, sequence, region, before, time: { wallMs, counter: 0 } },
  ...{ overrides: false, known: [region], members },
})
const word = (by: string, sequence: number, targets: readonly string[]) => ({
  ...{ by, sequence, targets, hashes: {} },
  held: { ap: 19, us: 7, eu: 20 },
})
const earlier = [retireOf('ap', 2, 'ap@2', 1, 3), retireOf('us', 2, 'us@2', 1, 1)]
/** ap and us were restored, and have agreed on the ends of their earlier lives and on that of eu. */
const agreed: FenceLog = {
  retires: [...earlier, retireOf('eu', null, 'us@2', 3, 4)],
  votes: [word('ap@2', 2, ['us@2', 'ap@2', 'eu']), word('us@2', 4, ['us@2', 'ap@2', 'eu'])],
}

describe('a region that is retired and learns so from what a member tells', () => {
  it('S7 W8: learns it also where it has retired another one itself, beyond its own end', () => {
    const own = { retires: [retireOf('us', null, 'eu', 66, 2)], votes: [word('eu', 66, ['us'])] }
    expect(endToldBy({ fences: own, origin: 'eu' }, agreed, members)).toEqual(agreed)
  })

  it('S7 W8: takes the ends of the others where those lie who stay, whatever it has said beyond its own that it holds', () => {
    const own = { retires: [], votes: [{ ...word('eu', 66, ['us@2', 'ap@2']), held: { ap: 61, us: 29 } }] }
    const fences = endToldBy({ fences: own, origin: 'eu' }, agreed, members) ?? noFences
    expect(['ap', 'us'].map((id) => heightOf(decideFences(fences, members), id))).toEqual([19, 7])
  })

  it('S7 W8: goes by what it has said itself where the others have heard that', () => {
    const own = { retires: [retireOf('us', null, 'eu', 20, 2)], votes: [word('eu', 20, ['us'])] }
    expect(endToldBy({ fences: own, origin: 'eu' }, agreed, members)).toBeNull()
  })

  it('S7: does not take for its end what one of those who stay has said no word about', () => {
    const own = { retires: [retireOf('us', null, 'eu', 66, 2)], votes: [word('eu', 66, ['us'])] }
    const told = { ...agreed, votes: agreed.votes.slice(0, 1) }
    expect(endToldBy({ fences: own, origin: 'eu' }, told, members)).toBeNull()
    expect(endToldBy({ fences: noFences, origin: 'eu' }, told, members)).toBeNull()
  })
})

describe('what a retired region serves', () => {
  const fences = decideFences(agreed, members)

  it('S7: passes over what it no longer keeps beyond the ends of logs', () => {
    const asked = { ap: 19, us: 7, eu: 20, 'us@2': 40, 'ap@2': 40 }
    const gone = { ap: 61, us: 29, eu: 60, 'us@2': 2 }
    expect(passingEnds(fences, gone, asked)).toEqual({ ...asked, ap: 61, us: 29, eu: 60 })
  })

  it('S7: passes over nothing of a log that goes on', () => {
    const asked = { ap: 19, us: 7, eu: 18, 'us@2': 1 }
    expect(passingEnds(fences, { eu: 60, 'us@2': 2 }, asked)).toEqual({ ...asked, eu: 60 })
  })
})
