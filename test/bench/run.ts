// `npm run bench [NAME]`: runs one bench, or all, and prints one JSON line a figure. Needs a build (`npm run build`): what
// is measured are the built processes.

import { commitThroughput } from './commit-throughput.ts'
import { convergence } from './convergence.ts'
import { inRegionLatency } from './in-region-latency.ts'
import { linkBytes } from './link-bytes.ts'

const benches: Readonly<Record<string, () => Promise<void>>> = {
  'commit-throughput': commitThroughput,
  'in-region-latency': inRegionLatency,
  convergence,
  'link-bytes': linkBytes,
}

const [name] = process.argv.slice(2)
const chosen = name === undefined ? Object.entries(benches) : Object.entries(benches).filter(([one]) => one === name)
if (chosen.length === 0) {
  console.error(`no bench ${name}; there are: ${Object.keys(benches).join(', ')}`)
  process.exitCode = 2
}
for (const [one, run] of chosen) {
  try {
    await run()
  } catch (error) {
    console.error(`${one}: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
