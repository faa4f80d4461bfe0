// `npm run simulate -- --seeds N [--from S]`: many seeds on all cores, each core a process. Ends with 0 where every seed
// held, with 2 where it was called wrongly; prints each failure whole, with the line that runs it again.

import { availableParallelism } from 'node:os'
import { bundleSimulation } from './bundle.ts'
import { readOptions, type SimulateOptions, usage } from './options.ts'
import { Workers } from './workers.ts'

/** Failures after which no more seeds are begun. */
const failuresAtMost = 5

function told(): SimulateOptions | null {
  try {
    return readOptions(process.argv.slice(2), availableParallelism())
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`)
    return null
  }
}

async function runAll({ from, seeds, workers, brief, run }: SimulateOptions): Promise<boolean> {
  const startedAt = performance.now()
  let held = 0
  let failed = 0
  const pool = new Workers(await bundleSimulation(`simulate-${process.pid}`), Math.min(workers, seeds))
  try {
    const all = Array.from({ length: seeds }, (_, index) => from + index)
    await pool.run(all, run, ({ failure }) => {
      if (failure === null) {
        held += 1
        return 'go on'
      }
      failed += 1
      process.stdout.write(`${brief ? failure.words.split('\n')[0] : failure.words}\n`)
      return failed < failuresAtMost ? 'go on' : 'enough'
    })
  } finally {
    pool.close()
  }
  const seconds = (performance.now() - startedAt) / 1_000
  process.stdout.write(`${held} seeds held, ${failed} failed, in ${seconds.toFixed(0)} s\n`)
  return failed === 0 && held === seeds
}

const options = told()
process.exitCode = options === null ? 2 : (await runAll(options)) ? 0 : 1
