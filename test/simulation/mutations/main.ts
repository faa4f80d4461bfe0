// `npm run mutate -- [--seeds N] [--only ID,ID] [--write]`: breaks the code in one way after the other and runs seeds until
// one of them fails. `--write` puts the table into docs/SIMULATION.md. Ends with 0 where each was found, or is known to be
// harmless alone.

import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { bundleSimulation } from '../run/bundle.ts'
import { standardRun } from '../run/simulate.ts'
import { type Failure, Workers } from '../run/workers.ts'
import { mutations } from './all.ts'
import { failingTest } from './by-test.ts'
import type { Mutation } from './mutation.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '40' },
    only: { type: 'string', default: '' },
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
    await pool.run(all, standardRun, (verdict) => {
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

const chosen = values.only === '' ? mutations : mutations.filter(({ id }) => values.only.split(',').includes(id))
const findings: Finding[] = []
for (const mutation of chosen) {
  const finding = await find(mutation)
  findings.push(finding)
  const why = finding.test ?? finding.failure?.words.split('\n')[0] ?? 'not found'
  process.stdout.write(`${rowOf(finding)}\n    ${why.slice(0, 200)}\n`)
}
if (values.write) {
  const page = new URL('../../../docs/SIMULATION.md', import.meta.url)
  const [begin, end] = ['<!-- mutations: begin -->', '<!-- mutations: end -->']
  const text = await readFile(page, 'utf8')
  const head = '| mutation | the broken code | found | by | alone |\n| --- | --- | --- | --- | --- |'
  const table = `${begin}\n${head}\n${findings.map(rowOf).join('\n')}\n${end}`
  await writeFile(page, text.slice(0, text.indexOf(begin)) + table + text.slice(text.indexOf(end) + end.length))
}
const missed = findings.filter(
  ({ mutation, failure, test }) => failure === null && test === null && mutation.guard === undefined,
)
process.stdout.write(`${findings.length - missed.length} found or held by a known guard, ${missed.length} missed\n`)
process.exitCode = missed.length === 0 ? 0 : 1
