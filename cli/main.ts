// The `causeway` command's entry point.

import { runCommandLine } from './run.ts'

// Set, not forced: what is still to be written to a pipe must get out.
process.exitCode = await runCommandLine(process.argv.slice(2))
