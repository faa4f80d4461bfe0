// Whether a test file notices a mutation: runs it on the broken sources, in a process of its own.

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { repository } from '../run/bundle.ts'

const results = z.object({
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })) })),
})

const limitMs = 180_000

/** The first test that fails; null where all pass. Throws where the tests could not be run, for that finds nothing. */
export async function failingTest(id: string, file: string): Promise<string | null> {
  const directory = await mkdtemp(join(tmpdir(), 'causeway-mutation-'))
  try {
    const report = join(directory, 'report.json')
    const vitest = join(repository, 'node_modules', 'vitest', 'vitest.mjs')
    const config = join('test', 'simulation', 'mutations', 'broken.config.ts')
    const told = ['--config', config, '--reporter=json', `--outputFile=${report}`]
    const env = { ...process.env, MUTATION: id }
    // Its exit says no more than the report, which is missing where it could not run.
    await new Promise<void>((resolve) => {
      execFile(process.execPath, [vitest, 'run', file, ...told], { cwd: repository, env, timeout: limitMs }, () =>
        resolve(),
      )
    })
    const { testResults } = results.parse(JSON.parse(await readFile(report, 'utf8')))
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
    if (tests.length === 0) throw new Error(`${file} could not be run`)
    return tests.find(({ status }) => status === 'failed')?.fullName ?? null
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
