// `npm run bench [NAME] [-- OPTIONS]`: runs one bench, or all, and prints one JSON line a figure. Needs a build (`npm run
// build`): what is measured are the built processes. docs/BENCHMARKS.md says what each figure and option means.

import { commitThroughput } from './commit-throughput.ts'
import { convergence } from './convergence.ts'
import { devicesBench } from './devices/bench.ts'
import { folds } from './folds.ts'
import { history } from './history.ts'
import { inRegionLatency } from './in-region-latency.ts'
import { linkBytes } from './link-bytes.ts'
import { rightsBench } from './rights/bench.ts'
import { throughput } from './throughput.ts'
import { wanBench } from './wan/bench.ts'
import { linkTraffic } from './wan/link-traffic.ts'

const benches: Readonly<Record<string, (options: readonly string[]) => Promise<void>>> = {
  'commit-throughput': commitThroughput,
  'in-region-latency': inRegionLatency,
  convergence,
  'link-bytes': linkBytes,
  'link-traffic': linkTraffic,
  history,
  folds,
  throughput,
  wan: wanBench,
  rights: rightsBench,
  devices: devicesBench,
}

const [name, ...options] = process.argv.slice(2)
const chosen = name === undefined ? Object.entries(benches) : Object.entries(benches).filter(([one]) => one === name)
if (chosen.length === 0) {
  console.error(`no bench ${name}; there are: ${Object.keys(benches).join(', ')}`)
  process.exitCode = 2
}
for (const [one, run] of chosen) {
  try {
    await run(options)
  } catch (error) {
    console.error(`${one}: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
