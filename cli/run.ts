// Runs one command line and turns what goes wrong into one line and an exit code: 1 for a failure, 2 for wrong usage.
// Knows no command's work.

import { CommanderError } from 'commander'
import { Failure, messageOf, UsageFailure } from './failure.ts'
import { makeProgram } from './program.ts'

/** `words` without node and script. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  try {
    await makeProgram().parseAsync([...words], { from: 'user' })
    return 0
  } catch (error) {
    // Commander has already said what is wrong, or printed the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const debug = process.env.CAUSEWAY_DEBUG !== undefined && process.env.CAUSEWAY_DEBUG !== ''
    // What is no Failure was not foreseen, so there is something to look for.
    const hint = error instanceof Failure ? '' : ' (CAUSEWAY_DEBUG=1 shows where)'
    if (debug) console.error(error)
    else console.error(`causeway: ${messageOf(error)}${hint}`)
    return error instanceof UsageFailure ? 2 : 1
  }
}
