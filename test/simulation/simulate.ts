// One simulated run: a seed in, nothing out, or a throw with the line that runs it again and the trace of what happened.

import { covers } from '@causeway/schema/clock/version-vector'
import { checkConverged, checkLog, checkStock, Violation } from './checkers.ts'
import { SimulatedCluster } from './cluster.ts'
import { Workload } from './workload.ts'

export interface RunOptions {
  readonly seed: number
  readonly commands: number
  readonly faults: number
  readonly overMs: number
}

const members = ['ap-south-1', 'eu-west-1', 'us-east-1']
const healingMs = 120_000

export async function simulate(options: RunOptions): Promise<SimulatedCluster> {
  const cluster = new SimulatedCluster(options.seed, members)
  try {
    await runCluster(cluster, options)
    return cluster
  } catch (error) {
    const kind = error instanceof Violation ? 'safety' : 'liveness'
    const words = error instanceof Error ? error.message : String(error)
    const rerun = `SEED=${options.seed} npx vitest run test/simulation`
    const trace = cluster.trace.slice(-120).join('\n')
    throw new Error(`${kind} failed at seed ${options.seed}: ${words}\nrun again: ${rerun}\n${trace}`, { cause: error })
  } finally {
    for (const member of members) cluster.crash(member)
  }
}

async function runCluster(cluster: SimulatedCluster, options: RunOptions): Promise<void> {
  await cluster.startAll()
  const workload = new Workload(cluster)
  await workload.openShop()
  const watch = () => {
    for (const member of members) checkStock(member, cluster.database(member))
  }
  const steps = 20
  const running = { failure: null as unknown }
  for (let step = 1; step <= steps; step++) {
    cluster.time.after((options.overMs / steps) * step, () => {
      try {
        watch()
      } catch (error) {
        running.failure ??= error
      }
    })
  }
  await workload.run(options.commands, options.overMs, options.faults)
  if (running.failure) throw running.failure
  if (workload.failures.length > 0) throw workload.failures[0]
  cluster.note('all is healed')
  cluster.network.healAll()
  for (const member of members) void cluster.start(member)
  await cluster.time.runFor(2_000)
  workload.restock()
  await cluster.time.runUntil('every command has its answer', () => workload.open === 0, healingMs)
  await cluster.time.runUntil('all regions stand at one frontier with nothing owed', () => isQuiet(cluster), healingMs)
  for (const member of members) {
    checkLog(member, cluster.database(member))
    checkStock(member, cluster.database(member))
  }
  if (workload.failures.length > 0) throw workload.failures[0]
  await checkConverged(cluster, workload)
}

function isQuiet(cluster: SimulatedCluster): boolean {
  const [first] = members
  const head = first === undefined ? undefined : cluster.database(first).head
  return members.every((member) => {
    const database = cluster.database(member)
    const isUp = cluster.region(member) !== undefined
    const isEqual =
      head && covers(database.head.frontier, head.frontier) && covers(head.frontier, database.head.frontier)
    return isUp && isEqual && database.obligations.size === 0
  })
}
