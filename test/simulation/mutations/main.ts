// `npm run mutate -- [--seeds N] [--only ID,ID] [--from ID] [--write]`: breaks the code in one way after the other and runs
// seeds until one of them fails. `--write` puts each row into docs/SIMULATION.md as soon as it is known, so that a run that
// was stopped goes on with `--from`. Ends with 0 where each was found, or is known to be harmless alone.

import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { bundleSimulation } from '../run/bundle.ts'
import { standardRun } from '../run/simulate.ts'
import { type Failure, Workers } from '../run/workers.ts'
import { mutations } from './all.ts'
import { failingTest } from './by-test.ts'
import type { Mutation } from './mutation.ts'
import { withRow } from './table.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '40' },
    only: { type: 'string', default: '' },
    from: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
})

interface Finding {
  readonly mutation: Mutation
  /** Seeds that were run, the one that found it included. */
  readonly seeds: number
  readonly failure: (Failure & { readonly seed: number }) | null
  /** The failing test, where the mutation names a file of them. */
  readonly test: string | null
}

const seedsAtMost = Number(values.seeds)

async function find(mutation: Mutation): Promise<Finding> {
  if (mutation.test === undefined) return await findBySeeds(mutation)
  return { mutation, seeds: 0, failure: null, test: await failingTest(mutation.id, mutation.test) }
}

async function findBySeeds(mutation: Mutation): Promise<Finding> {
  const pool = new Workers(
    await bundleSimulation(`mutation-${mutation.id}`, mutation.replacements),
    Number(values.workers),
  )
  let seeds = 0
  let failure: Finding['failure'] = null
  try {
    const all = Array.from({ length: seedsAtMost }, (_, index) => index + 1)
    await pool.run(all, { ...standardRun, ...mutation.run }, (verdict) => {
      seeds += 1
      if (verdict.failure !== null) failure ??= { ...verdict.failure, seed: verdict.seed }
      return failure === null ? 'go on' : 'enough'
    })
  } finally {
    pool.close()
  }
  return { mutation, seeds, failure, test: null }
}

function rowOf({ mutation, seeds, failure, test }: Finding): string {
  const { id, breaks, guard } = mutation
  if (mutation.test !== undefined)
    return `| ${id} | ${breaks} | ${test === null ? 'no' : 'by a test'} | ${mutation.test} |  |`
  const found = failure === null ? 'no' : `seed ${failure.seed}, of ${seeds} run`
  const by = failure === null ? '' : `${failure.rule} (${failure.kind})`
  const note = guard === undefined || failure !== null ? '' : `held by ${guard.by}; both away: ${guard.together}`
  return `| ${id} | ${breaks} | ${found} | ${by} | ${note} |`
}

const page = new URL('../../../docs/SIMULATION.md', import.meta.url)
const ids = mutations.map(({ id }) => id)
const first = values.from === '' ? 0 : ids.indexOf(values.from)
const only = values.only === '' ? ids : values.only.split(',')
const unknown = [...only, ...(first < 0 ? [values.from] : [])].filter((id) => !ids.includes(id))
if (unknown.length > 0) throw new RangeError(`no mutation is called ${unknown.join(', ')}`)

let held = 0
let missed = 0
for (const mutation of mutations.slice(first).filter(({ id }) => only.includes(id))) {
  const finding = await find(mutation)
  const isFound = finding.failure !== null || finding.test !== null
  if (isFound || mutation.guard !== undefined) held += 1
  else missed += 1
  const why = finding.test ?? finding.failure?.words.split('\n')[0] ?? 'not found'
  process.stdout.write(`${rowOf(finding)}\n    ${why.slice(0, 200)}\n`)
  if (values.write) await writeFile(page, withRow(await readFile(page, 'utf8'), ids, mutation.id, rowOf(finding)))
}
process.stdout.write(`${held} found or held by a known guard, ${missed} missed\n`)
process.exitCode = missed === 0 ? 0 : 1
