// `npm run simulate -- --seeds N [--from S]`: many seeds on all cores, each core a process. Ends with 0 where every seed
// held; prints each failure whole, with the line that runs it again.

import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { bundleSimulation } from './bundle.ts'
import { standardRun } from './simulate.ts'
import { Workers } from './workers.ts'

/** Failures after which no more seeds are begun. */
const failuresAtMost = 5

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    commands: { type: 'string', default: String(standardRun.commands) },
    tills: { type: 'string', default: '0' },
    forgetful: { type: 'boolean' },
    retired: { type: 'boolean', default: false },
    orders: { type: 'boolean', default: false },
    brief: { type: 'boolean', default: false },
  },
})

const [from = 0, seeds = 0, workers = 0] = [values.from, values.seeds, values.workers].map(Number)
if (![from, seeds, workers].every((number) => Number.isSafeInteger(number) && number > 0))
  throw new RangeError('--from, --seeds and --workers are whole numbers from 1 on')

const startedAt = performance.now()
let held = 0
let failed = 0
const pool = new Workers(await bundleSimulation(`simulate-${process.pid}`), Math.min(workers, seeds))
try {
  const all = Array.from({ length: seeds }, (_, index) => from + index)
  await pool.run(
    all,
    {
      ...standardRun,
      commands: Number(values.commands),
      tills: Number(values.tills),
      forgetful: values.forgetful,
      ...(values.retired && { retired: true }),
      ...(values.orders && { orders: true }),
    },
    ({ failure }) => {
      if (failure === null) {
        held += 1
        return 'go on'
      }
      failed += 1
      process.stdout.write(`${values.brief ? failure.words.split('\n')[0] : failure.words}\n`)
      return failed < failuresAtMost ? 'go on' : 'enough'
    },
  )
} finally {
  pool.close()
}
const seconds = (performance.now() - startedAt) / 1_000
process.stdout.write(`${held} seeds held, ${failed} failed, in ${seconds.toFixed(0)} s\n`)
process.exitCode = failed === 0 && held === seeds ? 0 : 1
