import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { type FenceLog, noFences } from '@causeway/schema/fence/fence-log'
import { describe, expect, it } from 'vitest'
import { FenceLimits, nothingNamed } from './fence-limits.ts'

const members = ['ap', 'eu', 'us']
const time = { wallMs: 1, counter: 0 }
/** Of two lives of eu that have ended: whoever writes so knows that eu has been restored twice. */
const former = { eu: 30, 'eu@2': 7 }
const word = (by: string, held: number) => ({
  ...{ by, sequence: 40, targets: ['us'], hashes: {} },
  held: { us: held, ...former },
})
const retired: FenceLog = {
  retires: [{ by: 'ap', sequence: 40, time, region: 'us', before: null, overrides: false, known: ['us'], members }],
  votes: [word('ap', 14)],
}
/** eu has been restored from a copy from before all that, for the second time. */
const limitsWith = (log: FenceLog, heard: readonly string[]) =>
  new FenceLimits({ fences: noFences, origin: 'eu@3' }, members, { log, heard: new Set(heard) })
const named = (writer: string, vector: VersionVector) => new Map([[writer, vector]])

/** ap and us retire each other, ap at the lower time. */
const takesBack = {
  ...{ by: 'us', sequence: 40, time: { wallMs: 2, counter: 0 }, region: 'ap', before: null },
  ...{ overrides: false, known: ['ap'], members },
}
const about = (region: string, by: string) => ({ ...word(by, 0), targets: [region], held: { [region]: 9 } })
const mutual: FenceLog = { retires: [...retired.retires, takesBack], votes: [...retired.votes, about('ap', 'us')] }
/** Of a life of eu before this one that was restored itself, so that it does not count alone. */
const eu2 = (region: string) => ({ ...about(region, 'eu@2'), sequence: region === 'ap' ? 2 : 3 })
const byEu = (region: string) => ({
  ...takesBack,
  by: 'eu@2',
  sequence: 2,
  time: { wallMs: 3, counter: 0 },
  region,
  known: [region],
})
const withWord = (log: FenceLog, region: string) => ({ ...log, votes: [...log.votes, eu2(region)] })
const restorers = (log: FenceLog, heard: readonly string[]) =>
  members.filter((member) => member !== 'eu' && limitsWith(log, heard).mayRestore(member))

describe('how far a restored region applies what others wrote', () => {
  it('S7 W8: no further than the end of a retired one that the others tell it', () => {
    const limits = limitsWith({ ...retired, votes: [...retired.votes, word('eu', 12)] }, ['ap'])
    expect(limits.unheard).toEqual([])
    expect(limits.limitOf('us', nothingNamed)).toBe(14)
    expect(limits.limitOf('us', named('ap', { us: 20 }))).toBe(14)
    expect(limits.limitOf('ap', nothingNamed)).toBeNull()
    // Its own log does not tell it yet: nothing is dropped on hearsay.
    expect(limits.heightOf('us')).toBeNull()
  })

  it('S7 W8: no further, though the retired one was restored as well, knows nothing of that, and tells how far it holds its own log', () => {
    const own = { ...word('us@2', 22), sequence: 1, targets: ['us@2'] }
    const retire = { ...retired.retires[0], by: 'us@2', sequence: 1, region: 'us', before: 2, known: ['us'], members }
    const takesOver = { ...retire, time: { wallMs: 2, counter: 0 }, overrides: false }
    const votes = [...retired.votes, word('eu', 12), own]
    const limits = limitsWith({ retires: [...retired.retires, takesOver], votes }, ['ap', 'us'])
    expect(limits.limitOf('us', nothingNamed)).toBe(14)
  })

  it('S7 W8: no further than its forgotten word and what those have applied who stay, while not all have said theirs', () => {
    const four = new FenceLimits({ fences: noFences, origin: 'eu@3' }, [...members, 'sa'], {
      log: {
        retires: retired.retires.map((retire) => ({ ...retire, members: [...members, 'sa'] })),
        votes: [word('ap', 11), word('eu', 12)],
      },
      heard: new Set(['ap', 'sa']),
    })
    expect(four.limitOf('us', nothingNamed)).toBe(12)
    expect(four.limitOf('us', named('sa', { us: 15 }))).toBe(15)
    expect(four.limitOf('us', named('us', { us: 15 }))).toBe(12)
  })

  it('S7 W8: not at all before all have told, but for what it had applied before', () => {
    const limits = limitsWith(noFences, ['us'])
    expect(limits.unheard).toEqual(['ap'])
    expect(limits.limitOf('us', nothingNamed)).toBe(0)
    expect(limits.limitOf('us', named('ap', { us: 9 }))).toBe(0)
    expect(limits.limitOf('us', named('eu', { us: 9 }))).toBe(9)
    expect(limits.limitOf('eu', nothingNamed)).toBeNull()
  })

  it('S7 W8: who is being retired need not tell', () => {
    expect(limitsWith(retired, ['ap']).unheard).toEqual([])
    expect(limitsWith(noFences, ['ap']).unheard).toEqual(['us'])
  })

  it('S7 W8: who was being retired before this region was restored is waited for, for that says nothing of what it forgot', () => {
    const unheardIn = (held: VersionVector, more: FenceLog = noFences, by = 'ap') => {
      const retires = retired.retires.map((retire) => ({ ...retire, by }))
      const votes = [{ ...word(by, 14), held: { us: 14, ...held } }]
      const log = { retires: [...retires, ...more.retires], votes: [...votes, ...more.votes] }
      return limitsWith(log, ['ap']).unheard
    }
    expect(unheardIn({})).toEqual(['us'])
    // Of the life before this one nothing was heard there yet.
    expect(unheardIn({ eu: 30 })).toEqual(['us'])
    expect(unheardIn(former)).toEqual([])
    expect(unheardIn({}, noFences, 'eu@2')).toEqual([])
    const again = {
      ...retired,
      retires: retired.retires.map((retire) => ({ ...retire, sequence: 44, overrides: true })),
    }
    expect(unheardIn({}, again)).toEqual([])
    const said = (targets: readonly string[]) => ({ ...noFences, votes: [{ ...word('us', 0), sequence: 9, targets }] })
    expect(unheardIn({}, said(['eu@2']))).toEqual(['us'])
    expect(unheardIn({}, said(['eu@3']))).toEqual([])
  })

  it('S7 C10: takes the state of those alone that nobody retires', () => {
    const limits = limitsWith(retired, ['ap'])
    expect(members.filter((member) => limits.mayRestore(member))).toEqual(['ap', 'eu'])
  })

  it('S7 C10: of two that retire each other takes the state of the one whose retire stands, once both have told', () => {
    expect(restorers(mutual, ['ap', 'us'])).toEqual(['ap'])
    // us may know of a word that this region had said to it alone.
    expect(restorers(mutual, ['ap'])).toEqual([])
    expect(restorers({ ...mutual, votes: [...mutual.votes, about('ap', 'eu')] }, ['ap', 'us'])).toEqual(['us'])
  })

  it('S7 C10: takes the state of the other one where it has said how far it holds the one whose retire stands', () => {
    expect(restorers(withWord(mutual, 'ap'), ['ap', 'us'])).toEqual(['us'])
    // us has heard that ap retires it and retires nobody: what it has of ap others may hold, too, and ap itself may have more.
    const ring = { retires: [...retired.retires, byEu('ap')], votes: [...retired.votes, eu2('ap')] }
    expect(restorers(ring, ['ap', 'us'])).toEqual(['us'])
    expect(restorers(ring, ['us'])).toEqual([])
    // It has said so of both: nothing is left that it could take in.
    expect(restorers(withWord(withWord(mutual, 'ap'), 'us'), ['ap', 'us'])).toEqual([])
  })

  it('S7 C10: takes the state of the one whose retire stands, though that was restored long ago itself', () => {
    const [first] = retired.retires
    const long = { by: 'ap@2', sequence: 1, region: 'ap', before: 2, known: ['ap'] }
    const told = (by: string) => ({ ...word(by, 0), sequence: 1, targets: ['ap@2'], held: { ap: 3 } })
    const restored: FenceLog = {
      retires: first === undefined ? [] : [{ ...first, ...long, time: { wallMs: 0, counter: 0 } }],
      votes: ['ap@2', 'eu', 'us'].map(told),
    }
    const now = <Item extends { by: string }>(said: readonly Item[]) =>
      said.map((one) => (one.by === 'ap' ? { ...one, by: 'ap@2' } : one))
    const both = {
      retires: [...restored.retires, ...now(mutual.retires)],
      votes: [...restored.votes, ...now(mutual.votes)],
    }
    expect(restorers(both, ['ap', 'us'])).toEqual(['ap'])
  })

  it('S7 W8: puts off its word where it has said another one that it has forgotten, which keeps it from hearing what that waits for', () => {
    const own: FenceLog = {
      retires: [takesBack, { ...takesBack, by: 'eu@2', sequence: 1, time, region: 'eu', before: 2, known: ['eu'] }],
      votes: [about('ap', 'us'), { ...about('eu@2', 'eu@2'), sequence: 1, held: { eu: 9 } }],
    }
    const putOffWith = (log: FenceLog) =>
      new FenceLimits({ fences: own, origin: 'eu@2' }, members, { log, heard: new Set(['ap', 'us']) }).putOff
    expect(putOffWith(noFences)).toBeNull()
    const forgotten = { ...byEu('us'), by: 'eu', sequence: 40 }
    expect(putOffWith({ retires: [forgotten], votes: [about('us', 'eu')] })).toEqual({
      waitsFor: ['us'],
      through: ['ap'],
    })
  })

  it('S7 C10: waits no longer for what one of them may know, once an operator overrides what it holds', () => {
    const given = {
      ...mutual,
      retires: mutual.retires.map((retire) => ({ ...retire, overrides: retire.region === 'us' })),
    }
    expect(restorers(given, ['ap'])).toEqual(['ap'])
    expect(restorers(given, ['us'])).toEqual([])
  })
})
