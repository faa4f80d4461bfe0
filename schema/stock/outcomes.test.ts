// Which of several outcomes of one key stands, whatever of them is known.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { KnownOutcome } from '../documents/command.ts'
import { winningOutcome } from './outcomes.ts'

type Ranked = Pick<KnownOutcome, 'accepted' | 'time' | 'origin' | 'result'>

const outcome: fc.Arbitrary<Ranked> = fc.record({
  accepted: fc.boolean(),
  time: fc.record({ wallMs: fc.nat(3), counter: fc.nat(1) }),
  origin: fc.constantFrom('ap', 'eu', 'us', 'us@2'),
  result: fc.oneof(
    fc.constant({ id: 'o1' }),
    fc.nat(3).map((taken) => ({ taken })),
  ),
})

it('I2: an outcome that was beaten stays so, whatever else the key turns out to have been used for', () => {
  const key = fc.uniqueArray(outcome, { minLength: 1, maxLength: 4, selector: ({ origin }) => origin })
  fc.assert(
    fc.property(key, fc.nat(15), (outcomes, which) => {
      const winner = winningOutcome(outcomes)
      const known = outcomes.filter((each, index) => each === winner || (which >> index) % 2 === 1)
      expect(winningOutcome(known)).toBe(winner)
    }),
    { numRuns: 2_000 },
  )
})
