import { describe, expect, it } from 'vitest'
import { readOptions, usage } from './options.ts'
import { FailedRun, standardRun } from './simulate.ts'

describe('the command line of the simulator', () => {
  it('without a word runs what CI runs, on every core', () => {
    expect(readOptions([], 2)).toMatchObject({ from: 1, seeds: 2_000, workers: 2, brief: false, run: standardRun })
  })

  it('takes the line that a failure prints, with everything that the run had', () => {
    const run = { ...standardRun, commands: 60, tills: 6, handled: true, forgetful: true, retired: true, orders: true }
    const { message } = new FailedRun({ ...run, seed: 9 }, new Error('all'), [])
    const [, words = ''] = /run again: npm run simulate -- (.*)/.exec(message) ?? []
    expect(readOptions(words.split(' '), 2)).toMatchObject({ from: 9, seeds: 1, run })
  })

  it.each([
    ['--seeds', '0'],
    ['--from', '-1'],
    ['--workers', 'all'],
    ['--commands', 'many'],
    ['--tills', '1.5'],
    ['--seeds', ''],
  ])('refuses %s %s, by its name', (name, value) => {
    expect(() => readOptions([`${name}=${value}`], 2)).toThrow(name)
  })

  it('refuses to have staff handle what no till has sold', () => {
    expect(() => readOptions(['--handled'], 2)).toThrow('--tills')
  })

  it('refuses what it does not know, and its usage names all that it does', () => {
    expect(() => readOptions(['--retire'], 2)).toThrow('--retire')
    const flags = ['handled', 'forgetful', 'retired', 'orders', 'brief']
    for (const name of ['from', 'seeds', 'workers', 'commands', 'tills', ...flags])
      expect(usage).toContain(`[--${name}`)
  })
})
