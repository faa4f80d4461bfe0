import { describe, expect, it } from 'vitest'
import { Stuck, Violation } from './checkers/violation.ts'
import { FailedRun, simulate, standardRun } from './run/simulate.ts'

// SEED runs one seed, here and not in a process of its own; odd-seeds and even-seeds run many.
const seeds = process.env.SEED ? [Number(process.env.SEED)] : [1]

/** A limit against a run that never ends, on however busy a machine. */
const seedLimitMs = 180_000

describe('a cluster under misfortune', () => {
  it.each(seeds)(
    'C1 C2 C3 W2 S1 S2 S3 S5 S8 I1 I2 I3 I4: seed %i ends with equal regions, nothing lost and every unit accounted for',
    async (seed) => {
      const { commands } = await simulate({ seed, ...standardRun })
      expect(commands).toBeGreaterThanOrEqual(standardRun.commands)
    },
    seedLimitMs,
  )

  it(
    'the same seed runs the same',
    async () => {
      const options = { seed: 7, commands: 60, faults: 4, overMs: 15_000 }
      const first = await simulate(options)
      const second = await simulate(options)
      expect(second.trace).toEqual(first.trace)
    },
    seedLimitMs,
  )
})

describe('a run that fails', () => {
  const trace = ['   25970 ms  shopper 5 placeOrder {"id":"order-89"} -> refused: OUT_OF_STOCK']

  it('says what must never happen apart from what should have happened in time, and how to run it again', () => {
    const options = { seed: 42, ...standardRun }
    const safety = new FailedRun(options, new Violation('I3', 'placeOrder order-89 stands'), trace)
    const line = 'run again: npm run simulate -- --from 42 --seeds 1'
    expect(safety).toMatchObject({ kind: 'safety', rule: 'I3' })
    expect(safety.message.split('\n')).toEqual([
      'safety failed at seed 42: I3: placeOrder order-89 stands',
      line,
      ...trace,
    ])
    const liveness = new FailedRun(options, new Stuck('us-east-1 lacks 10 events'), trace)
    expect(liveness).toMatchObject({ kind: 'liveness', rule: 'liveness' })
    expect(liveness.message.split('\n').slice(1)).toContain(line)
    expect(new FailedRun(options, new TypeError('x is not a function'), trace)).toMatchObject({ rule: 'defect' })
  })

  it('names every option that the run had', () => {
    const options = { ...standardRun, seed: 9, commands: 60, tills: 6, forgetful: true, retired: true }
    expect(new FailedRun(options, new Violation('I3', 'all'), trace).message.split('\n')[1]).toBe(
      'run again: npm run simulate -- --from 9 --seeds 1 --commands 60 --tills 6 --forgetful --retired',
    )
  })
})
