// What `npm run simulate` is told on its command line. A wrong word is an error that names it: a run that was asked for in
// vain must not look like one that held.

import { parseArgs } from 'node:util'
import { type RunOptions, standardRun } from './simulate.ts'

export interface SimulateOptions {
  readonly from: number
  readonly seeds: number
  readonly workers: number
  /** Of a failure its first line alone. */
  readonly brief: boolean
  readonly run: Omit<RunOptions, 'seed'>
}

export const usage =
  'npm run simulate -- [--from N] [--seeds N] [--workers N] [--commands N] [--tills N [--handled]] [--forgetful] [--retired] [--orders] [--brief]'

/** Throws with words for who typed it. */
export function readOptions(words: readonly string[], cores: number): SimulateOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      ...{ seeds: { type: 'string' }, from: { type: 'string' }, workers: { type: 'string' } },
      ...{ commands: { type: 'string' }, tills: { type: 'string' } },
      ...{ forgetful: { type: 'boolean' }, retired: { type: 'boolean' }, orders: { type: 'boolean' } },
      ...{ handled: { type: 'boolean' }, brief: { type: 'boolean' } },
    },
  })
  const whole = (name: 'seeds' | 'from' | 'workers' | 'commands' | 'tills', least: number, otherwise: number) => {
    const text = values[name]
    if (text === undefined) return otherwise
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(number) && number >= least) return number
    throw new RangeError(`--${name} is a whole number from ${least} on, not ${text}`)
  }
  const tills = whole('tills', 0, 0)
  if (values.handled === true && tills === 0)
    throw new RangeError('--handled needs --tills: it is about what they have sold')
  return {
    from: whole('from', 1, 1),
    seeds: whole('seeds', 1, 2_000),
    workers: whole('workers', 1, cores),
    brief: values.brief === true,
    run: {
      ...standardRun,
      commands: whole('commands', 1, standardRun.commands),
      tills,
      ...(values.handled === true && { handled: true }),
      forgetful: values.forgetful,
      ...(values.retired === true && { retired: true }),
      ...(values.orders === true && { orders: true }),
    },
  }
}
