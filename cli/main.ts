// The `causeway` command. Reads the command line, runs one command, and turns what goes wrong into one line and an exit
// code: 1 for a failure, 2 for wrong usage. Knows no command's work.

import { CommanderError } from 'commander'
import { Failure, messageOf, UsageFailure } from './failure.ts'
import { makeProgram } from './program.ts'

async function run(): Promise<number> {
  try {
    await makeProgram().parseAsync(process.argv)
    return 0
  } catch (error) {
    // Commander has already said what is wrong, or printed the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const debug = process.env.CAUSEWAY_DEBUG !== undefined && process.env.CAUSEWAY_DEBUG !== ''
    if (debug) console.error(error)
    else
      console.error(`causeway: ${messageOf(error)}${error instanceof Failure ? '' : ' (CAUSEWAY_DEBUG=1 shows where)'}`)
    return error instanceof UsageFailure ? 2 : 1
  }
}

// Set, not forced: what is still to be written to a pipe must get out.
process.exitCode = await run()
