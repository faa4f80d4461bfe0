// `npm run simulate -- --seeds N [--from S]`: many seeds on all cores, each core a process. Ends with 0 where every seed
// held; prints each failure whole, with the line that runs it again.

import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { FailedRun, simulate, standardRun } from './simulate.ts'

interface Verdict {
  readonly seed: number
  readonly failure: string | null
  readonly rule: string | null
}

/** Failures after which no more seeds are begun. */
const failuresAtMost = 5

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    brief: { type: 'boolean', default: false },
    worker: { type: 'boolean', default: false },
  },
})

/** A worker: is told a seed, tells how it went, until its parent leaves. */
function work(): void {
  process.on('message', (seed: number) => {
    simulate({ seed, ...standardRun })
      .then(
        (): Verdict => ({ seed, failure: null, rule: null }),
        (error: unknown): Verdict => ({
          seed,
          failure: error instanceof Error ? error.message : String(error),
          rule: error instanceof FailedRun ? error.rule : null,
        }),
      )
      .then((verdict) => void process.send?.(verdict))
      .catch(() => process.exit(1))
  })
  process.on('disconnect', () => process.exit(0))
}

async function lead(): Promise<void> {
  const [from, seeds, workers] = [values.from, values.seeds, values.workers].map(Number)
  if (![from, seeds, workers].every((number) => Number.isSafeInteger(number) && Number(number) > 0))
    throw new RangeError('--from, --seeds and --workers are whole numbers from 1 on')
  const last = Number(from) + Number(seeds) - 1
  const startedAt = performance.now()
  let next = Number(from)
  let held = 0
  let failed = 0
  const runOne = () =>
    new Promise<void>((resolve) => {
      const child = fork(new URL(import.meta.url), ['--worker'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      const begin = () => {
        if (next > last || failed >= failuresAtMost) child.disconnect()
        else child.send(next++)
      }
      child.on('message', (verdict: Verdict) => {
        if (verdict.failure === null) held += 1
        else {
          failed += 1
          const rule = verdict.rule === null ? '' : `rule ${verdict.rule}: `
          process.stdout.write(`${rule}${values.brief ? verdict.failure.split('\n')[0] : verdict.failure}\n`)
        }
        begin()
      })
      child.on('exit', () => resolve())
      begin()
    })
  await Promise.all(Array.from({ length: Math.min(Number(workers), Number(seeds)) }, runOne))
  const seconds = (performance.now() - startedAt) / 1_000
  process.stdout.write(`${held} seeds held, ${failed} failed, in ${seconds.toFixed(0)} s\n`)
  process.exitCode = failed === 0 && held === Number(seeds) ? 0 : 1
}

if (values.worker) work()
else await lead()
