// The `causeway` command's entry point.

import { runCommandLine } from './run.ts'

// Set, not forced: what is still to be written to a pipe must get out.
process.exitCode = await runCommandLine(process.argv.slice(2))
// The channel to a parent would keep the process alive.
if (process.connected) process.disconnect()
