import { describe, expect, it } from 'vitest'
import type { LinkState } from './link-receiver.ts'
import { decideSecondLine, type SecondLineAction } from './second-line.ts'

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

  it('C7: is given up where the peer no longer serves one, and not opened where it never did', () => {
    expect(decideSecondLine('streaming', 'streaming', false)).toBe('stop')
    expect(decideSecondLine('streaming', 'waiting', false)).toBe('stop')
    expect(decideSecondLine('streaming', 'stopped', false)).toBe('leave')
  })
})
