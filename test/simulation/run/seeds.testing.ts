// What CI runs of the seeds: in a process of its own, so many as fit into some minutes. Two test files have half of them
// each, one for each core.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleSimulation } from './bundle.ts'
import { standardRun } from './simulate.ts'
import { type Failure, Workers } from './workers.ts'

/** Always the same ones, so that a faster machine reaches none that nobody has looked at: looking is `npm run simulate`. */
const seedsInAll = Number(process.env.SEEDS ?? 2_000)
/** What it may take. On a machine too busy for this many seeds the run fails rather than say little. */
const budgetMs = Number(process.env.SEED_SECONDS ?? 250) * 1_000
const seedsAtLeast = Math.min(60, seedsInAll / 2)
const failuresAtMost = 3

/** `first` and every second one after it. */
export function testSeeds(first: 1 | 2): void {
  describe('a cluster under misfortune', () => {
    let workers: Workers
    beforeAll(async () => {
      workers = new Workers(await bundleSimulation(`seeds-${first}`), 1)
    })
    afterAll(() => workers.close())

    it(
      `C1 C2 C3 W2 W8 S1 S2 S3 S5 S7 S8 I1 I2 I3 I4: seeds ${first}, ${first + 2}, ${first + 4} … end with equal regions, nothing lost and every unit accounted for`,
      async () => {
        const seeds = Array.from({ length: Math.ceil(seedsInAll / 2) }, (_, index) => first + 2 * index)
        const failures: Failure[] = []
        const startedAt = performance.now()
        let held = 0
        let fewestCommands = Number.POSITIVE_INFINITY
        await workers.run(seeds, standardRun, ({ commands, failure }) => {
          if (failure !== null) failures.push(failure)
          else {
            held += 1
            fewestCommands = Math.min(fewestCommands, commands)
          }
          const isOver = failures.length >= failuresAtMost || performance.now() - startedAt > budgetMs
          return isOver ? 'enough' : 'go on'
        })
        const seconds = Math.round((performance.now() - startedAt) / 1_000)
        process.stdout.write(`simulation: ${held} of ${seeds.length} seeds from ${first} on held, in ${seconds} s\n`)
        expect(failures.map(({ words }) => words).join('\n\n')).toBe('')
        expect(held).toBeGreaterThanOrEqual(seedsAtLeast)
        expect(fewestCommands).toBeGreaterThanOrEqual(standardRun.commands)
      },
      budgetMs + 200_000,
    )
  })
}
