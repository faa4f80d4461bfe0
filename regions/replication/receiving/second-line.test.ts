import { describe, expect, it } from 'vitest'
import type { LinkState } from './link-receiver.ts'
import {
  decideSecondLine,
  measureDistance,
  type SecondLineAction,
  unknownDistance,
  wantsSecondLine,
} from './second-line.ts'

type Phase = LinkState['phase']

/** By the phase of the main line, then of the second one, for a peer that serves a second one. */
const table: Readonly<Record<Phase, Readonly<Record<Phase, SecondLineAction>>>> = {
  stopped: { stopped: 'leave', connecting: 'stop', streaming: 'stop', waiting: 'stop' },
  connecting: { stopped: 'leave', connecting: 'leave', streaming: 'leave', waiting: 'stop' },
  waiting: { stopped: 'leave', connecting: 'leave', streaming: 'leave', waiting: 'stop' },
  streaming: { stopped: 'start', connecting: 'leave', streaming: 'leave', waiting: 'leave' },
}

describe('the second line of a link', () => {
  for (const [main, row] of Object.entries(table)) {
    for (const [second, action] of Object.entries(row)) {
      it(`${action}: beside a main line that is ${main}, where it is ${second}`, () => {
        expect(decideSecondLine(main as Phase, second as Phase, true)).toBe(action)
      })
    }
  }

  it('stays as it is while nobody knows whether it is wanted', () => {
    for (const second of ['stopped', 'connecting', 'streaming', 'waiting'] as const)
      expect(decideSecondLine('streaming', second, null)).toBe('leave')
  })

  it('C7: is given up where the peer no longer serves one, and not opened where it never did', () => {
    expect(decideSecondLine('streaming', 'streaming', false)).toBe('stop')
    expect(decideSecondLine('streaming', 'waiting', false)).toBe('stop')
    expect(decideSecondLine('streaming', 'stopped', false)).toBe('leave')
  })
})

describe('whether a second line is wanted', () => {
  const distance = (...roundTripsMs: readonly number[]) => roundTripsMs.reduce(measureDistance, unknownDistance)

  it('is known at once where it is always or never, or where the peer serves none (C7)', () => {
    expect(wantsSecondLine('always', true, unknownDistance)).toBe(true)
    expect(wantsSecondLine('never', true, distance(80, 80, 80))).toBe(false)
    for (const lines of ['far', 'always', 'never'] as const)
      expect(wantsSecondLine(lines, false, distance(80, 80, 80))).toBe(false)
  })

  it('goes by the quickest of three answers: a busy peer is not a far one', () => {
    expect(wantsSecondLine('far', true, unknownDistance)).toBeNull()
    expect(wantsSecondLine('far', true, distance(80, 81))).toBeNull()
    expect(wantsSecondLine('far', true, distance(80, 81, 300))).toBe(true)
    expect(wantsSecondLine('far', true, distance(80, 81, 300, 2))).toBe(false)
    expect(wantsSecondLine('far', true, distance(2, 300, 300, 300))).toBe(false)
  })

  it('is not told by a clock that was set back', () => {
    expect(wantsSecondLine('far', true, distance(-3_000, 80, 80))).toBeNull()
    expect(wantsSecondLine('far', true, distance(-3_000, 80, 80, 80))).toBe(true)
  })
})
