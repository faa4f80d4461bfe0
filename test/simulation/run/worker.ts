// A process of simulated runs: is told one seed after another, tells how each went, and ends when its parent leaves.

import { FailedRun, simulate } from './simulate.ts'
import type { Told, Verdict } from './workers.ts'

process.on('message', ({ seed, run }: Told) => {
  simulate({ seed, ...run })
    .then(
      ({ commands }): Verdict => ({ seed, commands, failure: null }),
      (error: unknown): Verdict => ({
        seed,
        commands: 0,
        failure:
          error instanceof FailedRun
            ? { kind: error.kind, rule: error.rule, words: error.message }
            : { kind: 'safety', rule: 'defect', words: String(error) },
      }),
    )
    .then((verdict) => void process.send?.(verdict))
    .catch(() => process.exit(1))
})
process.on('disconnect', () => process.exit(0))
