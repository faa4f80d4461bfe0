import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { fencedEvent, retiredEvent } from '@causeway/schema/fence/fence-log'
import { reclaimedEvent } from '@causeway/schema/stock/reclaim'
import { describe, expect, it } from 'vitest'
import { FenceWatch } from './fence-watch.ts'
import { History, type Written } from './history.ts'

const members = ['ap', 'eu', 'us']

/** One event, as far as the watch looks at it. */
function written(origin: string, sequence: number, clock: VersionVector, type = '', data: object = {}): Written {
  const place = {
    origin,
    firstSequence: sequence,
    lastSequence: sequence,
    clock,
    time: { wallMs: sequence, counter: 0 },
  }
  return {
    sealed: place,
    commit: { ...place, events: [{ type, data }], stock: [], outcomes: [] },
  } as unknown as Written
}

/** us is retired by ap, eu agrees, and ap takes it over at its fourth event. */
function watched() {
  const history = new History()
  const watch = new FenceWatch(history, members)
  const look = (region: string, commit: Written, holds: VersionVector, isNew = true) => {
    history.held(region, holds)
    watch.look(region, [commit], isNew ? [commit] : [])
  }
  const retire = { region: 'us', before: null, targets: ['us'], held: { us: 4 } }
  look('ap', written('ap', 5, { us: 4 }, retiredEvent, retire), { ap: 5, us: 4 })
  const agreed = written('eu', 7, { ap: 5, us: 3 }, fencedEvent, { targets: ['us'], held: { us: 3 } })
  look('eu', agreed, { ap: 5, eu: 7, us: 3 })
  const takeOver = (by: string, sequence: number, clock: VersionVector) =>
    look(by, written(by, sequence, clock, reclaimedEvent, { holder: 'us', sku: 'a', cells: {} }), {
      ...clock,
      [by]: sequence,
    })
  takeOver('ap', 6, { ap: 5, eu: 7, us: 4 })
  /** On a copy from before all that. */
  const restore = (region: string) => history.held(region, { us: 3 })
  const beyond = (region: string) => () =>
    look(region, written('us', 5, { us: 4 }), { ...history.holds(region), us: 5 }, false)
  return { history, watch, agreed, restore, beyond, takeOver, look }
}

const violation = /S7: (ap|eu) holds us up to 5, beyond its fence at 4/

describe('how far a log goes that others have ended', () => {
  it('S7: nobody who stays holds more of it, though all others have lost their disks, while one disk has what was said', () => {
    for (const [lost, applies] of [
      [[], 'eu'],
      [['eu'], 'eu'],
      [['eu', 'us'], 'eu'],
      // Its own word is lost with it, and eu had heard of that.
      [['ap'], 'ap'],
    ] as const) {
      const { restore, beyond } = watched()
      for (const region of lost) restore(region)
      expect(beyond(applies)).toThrow(violation)
    }
  })

  it('S7: nor where it is the retired one alone that knows', () => {
    const { restore, beyond, look } = watched()
    look('us', written('eu', 7, { ap: 5 }), { ap: 6, eu: 7, us: 9 }, false)
    for (const region of ['ap', 'eu']) restore(region)
    expect(beyond('eu')).toThrow(violation)
  })

  it('S7: but where its log reaches back to none of the others it counts no more, though they take over its state with what was said in it', () => {
    const { history, watch, agreed, restore, beyond, look } = watched()
    const [holds, dropped] = [
      { ap: 6, eu: 7, us: 9 },
      { ap: 4, eu: 5 },
    ]
    look('us', written('eu', 7, { ap: 5 }), holds, false)
    history.held('us', holds, dropped)
    for (const region of ['ap', 'eu']) restore(region)
    look('eu', written('eu@2', 1, { us: 3 }), { us: 3, 'eu@2': 1 })
    expect(watch.isUndone(agreed, 'us')).toBe(true)
    history.held('eu', holds)
    for (const region of ['eu', 'ap']) expect(beyond(region)).not.toThrow()
    expect(() => look('us', written('us', 10, holds), { ...holds, us: 10 })).not.toThrow()
  })

  it('S7: where every disk is gone that had the word of one of them nobody can know, and another end may be agreed on', () => {
    const { restore, beyond, takeOver } = watched()
    for (const region of ['ap', 'eu']) restore(region)
    expect(beyond('eu')).not.toThrow()
    expect(() => takeOver('ap@2', 1, { us: 5, eu: 3 })).not.toThrow()
  })

  it('S7: while it is known nobody takes it over at another place', () => {
    const { restore, takeOver } = watched()
    restore('eu')
    expect(() => takeOver('eu@2', 1, { us: 3 })).toThrow(/S7: us ends at 4, and eu@2 takes it over at 3/)
  })
})
