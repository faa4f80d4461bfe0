import { type FenceLog, mergeFences, noFences } from '@causeway/schema/fence/fence-log'
import { decideFences, heightOf } from '@causeway/schema/fence/fences'
import { describe, expect, it } from 'vitest'
import { forgottenBy, type OtherRegion } from './last-witness.ts'

const members = ['ap', 'eu', 'us']
const word = (by: string, sequence: number, targets: readonly string[], held: Record<string, number>): FenceLog => ({
  retires: [],
  votes: [{ by, sequence, targets, held, hashes: {} }],
})
const retireOf = (region: string, before: number | null, by: string, sequence: number, wallMs: number): FenceLog => ({
  retires: [
    {
      ...{ by, sequence, region, before, time: { wallMs, counter: 0 } },
      ...{ overrides: false, known: [region], members },
    },
  ],
  votes: [],
})
const all = (...logs: readonly FenceLog[]) => logs.reduce(mergeFences, noFences)
/** ap has retired us, and eu has agreed; us holds five events more. */
const agreed = all(
  retireOf('us', null, 'ap', 40, 1),
  word('ap', 40, ['us'], { us: 30 }),
  word('eu', 25, ['us'], { us: 28 }),
)
const us = { region: 'us', origin: 'us', frontier: { ap: 40, eu: 25, us: 35 }, fences: agreed }
/** Its log has gone on since; both others are on copies from before that. */
const floor = { ap: 20, eu: 20, us: 20 }
const old: OtherRegion = { frontier: { ap: 12, eu: 11, us: 10 }, fences: retireOf('ap', 2, 'ap@2', 1, 2) }

describe('a retired region that alone knows its end', () => {
  it('S7 W8: forgets it where no other region has what comes next of the logs that tell it, nor its own', () => {
    expect(forgottenBy(us, members, floor, [old, old])).toBe(noFences)
  })

  it('S7 W8: not while one of the others holds as much as its log begins behind, or the word itself', () => {
    for (const frontier of [{ ap: 20 }, { ap: 40 }, { eu: 20 }, { eu: 25 }])
      expect(forgottenBy(us, members, floor, [old, { ...old, frontier: { ...old.frontier, ...frontier } }])).toBeNull()
    expect(forgottenBy(us, members, { ...floor, eu: 11 }, [old, old])).toBeNull()
  })

  it('S7 W8: not while one of the others knows of any retire of it, be it another one', () => {
    for (const fences of [agreed, retireOf('us', null, 'ap@2', 3, 9)])
      expect(forgottenBy(us, members, floor, [old, { ...old, fences }])).toBeNull()
  })

  it('S7 W8: not where another log would have no end then, or a later one', () => {
    const ended = all(
      agreed,
      retireOf('eu', 2, 'eu@2', 1, 2),
      word('eu@2', 1, ['eu@2'], { eu: 22 }),
      word('ap', 41, ['eu@2'], { eu: 25 }),
    )
    expect(heightOf(decideFences(ended, members), 'eu')).toBe(25)
    expect(forgottenBy({ ...us, fences: ended }, members, floor, [old, old])).toBeNull()
    const said = all(ended, word('us', 31, ['eu@2'], { eu: 25 }))
    const fences = forgottenBy({ ...us, fences: said }, members, floor, [old, old]) ?? agreed
    expect(heightOf(decideFences(fences, members), 'eu')).toBe(25)
    expect(decideFences(fences, members).members).toEqual(members)
  })

  it('S7: is retired again by new words alone', () => {
    const together = all(retireOf('us', null, 'ap', 40, 1), retireOf('eu', 2, 'eu@2', 1, 2))
    const said = ['ap', 'eu@2'].map((by) => word(by, 41, ['us', 'eu@2'], { us: 30, eu: 25 }))
    const before = { ...us, fences: all(together, ...said, word('us', 31, ['eu@2'], { eu: 25 })) }
    const fences = forgottenBy(before, members, { ...floor, 'eu@2': 30 }, [old, old]) ?? agreed
    const again = all(fences, retireOf('us', null, 'eu@2', 60, 50), word('eu@2', 60, ['us'], { us: 50 }))
    expect(decideFences(again, members).pending.map(({ key, missing }) => [key, missing])).toEqual([['us', ['ap']]])
    expect(heightOf(decideFences(all(again, word('ap@2', 9, ['us'], { us: 48 })), members), 'us')).toBeNull()
    expect(heightOf(decideFences(all(again, word('ap', 60, ['us'], { us: 48 })), members), 'us')).toBe(50)
  })

  it('S7: has nothing to forget where nobody else has said a word about it', () => {
    expect(forgottenBy({ ...us, fences: noFences }, members, floor, [old, old])).toBeNull()
    const own = word('us', 31, ['us'], { us: 31 })
    expect(forgottenBy({ ...us, fences: own }, members, floor, [old, old])).toBeNull()
  })
})
