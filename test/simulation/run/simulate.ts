// One simulated run: a seed in; out comes what it did, or a throw with the line that runs it again and the trace of what
// happened. Safety and liveness fail differently: what must never happen, and what should have happened in time.

import { defaultRoundMs } from '@causeway/regions/divergence/guard'
import { defaultRetention } from '@causeway/regions/history/retention'
import type { RegionId } from '@causeway/schema/clock/origin'
import { VirtualGateway } from '../callers/gateway.ts'
import { Operators } from '../callers/operators.ts'
import { OrderDesk, runOperators } from '../callers/order-desk.ts'
import { Tills } from '../callers/tills.ts'
import { Told } from '../callers/told.ts'
import { Workload } from '../callers/workload.ts'
import { Stuck, Violation } from '../checkers/violation.ts'
import { Watch } from '../checkers/watch.ts'
import { cheapKeysOf, type NodeKeys, SimulatedCluster } from '../cluster.ts'
import type { SeededRandom } from '../random.ts'
import { Ending } from './ending.ts'
import { scheduleGatewayDeaths } from './gateway-deaths.ts'
import { draw, longAgo, type Misfortune } from './misfortunes.ts'
import { hasRetirement, Retirement } from './retirement.ts'

export interface RunOptions {
  readonly seed: number
  /** At least so many commands, misfortunes and virtual milliseconds of trouble. */
  readonly commands: number
  readonly faults: number
  readonly overMs: number
  /** Tills that sell offline, beside everybody else; none, left out. */
  readonly tills?: number
  /** Staff send, cancel and take back what tills have sold. */
  readonly handled?: boolean
  /**
   * Regions drop their logs after seconds, and one is restored from a copy older than that: a snapshot has to do (C10). Left out,
   * every eighth seed.
   */
  readonly forgetful?: boolean | undefined
  /** A region is retired in every run that has three or four; left out, in a share of those. */
  readonly retired?: boolean
  /** Operators have keys: retires take an order that one of them has signed. */
  readonly orders?: boolean
}

/** What CI runs. */
export const standardRun = { commands: 200, faults: 6, overMs: 30_000 } as const

export interface Report {
  readonly seed: number
  readonly commands: number
  readonly commits: number
  readonly leases: number
  readonly trace: readonly string[]
}

/** A run that failed; its message is all that somebody needs to look into it. */
export class FailedRun extends Error {
  readonly kind: 'safety' | 'liveness'
  readonly rule: string
  constructor(options: RunOptions, cause: unknown, trace: readonly string[]) {
    const { seed } = options
    const kind = cause instanceof Stuck ? 'liveness' : 'safety'
    const words = cause instanceof Error ? (cause instanceof Violation ? cause.message : cause.stack) : String(cause)
    super(`${kind} failed at seed ${seed}: ${words}\nrun again: ${rerunOf(options)}\n${trace.join('\n')}`, { cause })
    this.name = 'FailedRun'
    this.kind = kind
    this.rule = cause instanceof Violation ? cause.rule : kind === 'liveness' ? 'liveness' : 'defect'
  }
}

function rerunOf({ seed, commands, tills = 0, handled, forgetful, retired, orders }: RunOptions): string {
  return [
    `npm run simulate -- --from ${seed} --seeds 1`,
    ...(commands === standardRun.commands ? [] : [`--commands ${commands}`]),
    ...(tills > 0 ? [`--tills ${tills}`] : []),
    ...(handled ? ['--handled'] : []),
    ...(forgetful ? ['--forgetful'] : []),
    ...(retired ? ['--retired'] : []),
    ...(orders ? ['--orders'] : []),
  ].join(' ')
}

const tracedLines = Number(process.env.TRACE_LINES ?? 150)
/** What is asked at the end of the trouble, where stories ended early for an order was refused. */
const lastCallMs = 500
/** From before a burst begins until most of it has been answered. */
const aboutBurstMs = [-200, 400] as const
const healingMs = 180_000
/** From the end of the trouble to the last deliveries. */
const healedMs = 500
/** No row is spoiled here, so every third seed is enough to see that the look for it alarms nobody without a cause. */
const seldomMs = 120_000
/** So short that a copy of some seconds ago is from before the log. */
const forgetfulRetention = { ...defaultRetention, logMs: 1_000, archiveMs: 2_000, smallMs: 0, roundMs: 1_500 }
const places: readonly RegionId[] = ['ap-south-1', 'eu-west-1', 'us-east-1', 'sa-east-1']

export async function simulate(options: RunOptions): Promise<Report> {
  const run = new Run(options)
  try {
    await run.through()
    return run.report()
  } catch (error) {
    throw new FailedRun(options, run.watch.failure ?? error, run.cluster.trace.lines(tracedLines))
  } finally {
    run.end()
  }
}

class Run {
  readonly cluster: SimulatedCluster
  readonly watch: Watch
  readonly #options: RunOptions
  readonly #told = new Told()
  readonly #gateways: readonly VirtualGateway[]
  readonly #workload: Workload
  readonly #tills: Tills
  readonly #random: SeededRandom
  readonly #operators: Operators
  readonly #retirement: Retirement | null
  readonly #ending: Ending
  #leases = 0

  constructor(options: RunOptions) {
    this.#options = options
    const members = membersOf(options.seed)
    this.watch = new Watch(members)
    const onDurable = this.watch.durable
    const divergenceRoundMs = options.seed % 3 === 0 ? defaultRoundMs : seldomMs
    const retention = isForgetful(options) ? forgetfulRetention : defaultRetention
    const listeners = {
      onDurable,
      divergenceRoundMs,
      secondLines: hasSecondLines(options.seed) ? 'far' : 'never',
      ...(options.orders === true && { keysOf: keysWithOrders }),
    } as const
    this.cluster = new SimulatedCluster(options.seed, members, retention, listeners)
    this.#random = this.cluster.random.fork('misfortune')
    const report = (fault: unknown) => this.watch.report(fault)
    this.#gateways = members.slice(0, 2).map((own, index) => {
      const onAnswer = this.watch.answered
      return new VirtualGateway({ id: `gateway-${index}`, cluster: this.cluster, own, report, onAnswer })
    })
    const { cluster } = this
    const callers = { cluster, gateways: this.#gateways, told: this.#told, report }
    this.#workload = new Workload(callers)
    this.#tills = new Tills({ ...callers, areHandled: options.handled === true })
    this.#operators = new Operators({ ...callers, ...(options.orders === true && { desk: new OrderDesk(cluster) }) })
    this.#ending = new Ending({ cluster, watch: this.watch, told: this.#told })
    const fate = cluster.random.fork('retirement')
    const gateways = this.#gateways.map((_, index) => `gateway-${index}`)
    const isRetired = hasRetirement(fate, members) || (options.retired === true && members.length > 2)
    this.#retirement = isRetired
      ? new Retirement({ cluster, operators: this.#operators, gateways, report }, fate)
      : null
  }

  async through(): Promise<void> {
    const { faults, overMs } = this.#options
    // A second node makes a tenth of a seed's work: half of the runs have one.
    const crowded = this.#random.chance(0.5) ? this.#random.pick(this.cluster.members) : null
    const nodesOf = (id: RegionId) => (id === crowded ? 2 : 1)
    for (const member of this.cluster.members) this.cluster.disk(member).setSlowness(1)
    await this.cluster.startAll(nodesOf)
    await this.#workload.open()
    const bursts = this.#workload.schedule(this.#missing(), overMs)
    this.#tills.schedule(this.#options.tills ?? 0, overMs)
    this.#retirement?.schedule(overMs)
    scheduleGatewayDeaths(this.cluster, this.#gateways, this.cluster.random.fork('gateways'), bursts)
    for (let index = 0; index < faults; index++)
      this.cluster.time.after(this.#momentOf(bursts, overMs), () => this.#strike(overMs))
    if (isForgetful(this.#options))
      this.cluster.time.after((this.#random.unit() * overMs) / 2, () => this.#strike(overMs, longAgo))
    await this.#pass(overMs)
    while (this.#missing() > 0) {
      this.#workload.schedule(this.#missing(), lastCallMs)
      await this.#pass(lastCallMs)
    }
    this.#heal(nodesOf)
    await this.#pass(healedMs)
    this.#workload.restock()
    await this.#until('every command has a final answer', () => this.#told.open === 0 && this.#tills.open === 0)
    await this.#until('all regions stand at one frontier with nothing owed', () => this.#ending.isQuiet())
    this.#leases = await this.#ending.judge()
    this.watch.throwFailure()
  }

  report(): Report {
    const [first = ''] = this.cluster.members
    const commits = this.cluster.database(first).head.position
    return {
      seed: this.#options.seed,
      commands: this.#told.asked.length,
      commits,
      leases: this.#leases,
      trace: this.cluster.trace.lines(),
    }
  }

  end(): void {
    for (const gateway of this.#gateways) gateway.close()
    for (const member of this.cluster.members) this.cluster.crash(member)
  }

  /** Commands that are still to be asked, but for the last deliveries. */
  #missing(): number {
    return this.#options.commands - this.#told.asked.length - this.#workload.deliveries
  }

  /** A second at a time, so that a run that has failed ends soon. */
  async #pass(durationMs: number): Promise<void> {
    for (let leftMs = durationMs; leftMs > 0; leftMs -= 1_000) {
      await this.cluster.time.runFor(Math.min(leftMs, 1_000))
      this.watch.throwFailure()
    }
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    try {
      await this.cluster.time.runUntil(what, () => this.watch.failure !== null || condition(), healingMs)
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      throw new Stuck(`${words}\n${this.#standing().join('\n')}`, { cause: error })
    }
    this.watch.throwFailure()
  }

  /** Every other misfortune strikes about when much is under way: what is asked then meets it in the middle. */
  #momentOf(bursts: readonly number[], overMs: number): number {
    const random = this.#random
    if (random.chance(0.5)) return random.unit() * overMs
    return Math.max(0, random.pick(bursts) + random.integer(...aboutBurstMs))
  }

  #strike(overMs: number, chosen?: Misfortune): void {
    const { cluster } = this
    const random = this.#random
    const one = random.pick(cluster.members)
    const other = random.pick(cluster.members.filter((member) => member !== one))
    const lastsMs = (chosen === undefined ? 0.05 + random.unit() * 0.35 : 0.4) * overMs
    const misfortune = chosen ?? draw(random)
    cluster.trace.note(() => `*** ${misfortune.name} (${one}, ${other}, ${Math.round(lastsMs)} ms)`)
    const gateways = this.#gateways.map((_, index) => `gateway-${index}`)
    const restored = (region: RegionId) => this.watch.restored(region, cluster.database(region))
    misfortune.strike({ cluster, random, gateways, lastsMs, one, other, restored })
  }

  #heal(nodesOf: (id: RegionId) => number): void {
    const { cluster } = this
    cluster.trace.note(() => '*** all is healed')
    cluster.network.healAll()
    const lost = this.#retirement?.heal() ?? []
    for (const work of [this.#operators.dismiss(lost), this.#operators.attend()])
      work.catch((fault: unknown) => this.watch.report(fault))
    for (const member of cluster.members) {
      cluster.disk(member).heal()
      cluster.time.clocks.run(member, 1)
      for (const { process } of cluster.nodes(member)) process.resume()
      for (let index = 0; index < nodesOf(member); index++) void cluster.start(member, index)
    }
  }

  /** How each region stands, for who has to find out why one waits. */
  #standing(): readonly string[] {
    const { cluster } = this
    const unsaid = this.#ending.unsalvaged().slice(0, 5)
    const standing = cluster.members.map((member) => {
      const { head, obligations } = cluster.database(member)
      const { memberClocks, significant } = head
      const nodes = cluster.nodes(member).map(({ process, region }) => {
        const links = (region?.links() ?? []).map(({ from, connected }) => `${from} ${connected ? 'on' : 'off'}`)
        return `${process.name} (${links.join(', ')})`
      })
      const { decided, open, pending } = cluster.region(member)?.fencing().fences ?? {}
      const fences = { decided, open: open?.map(({ key }) => key), pending }
      const owed = [...obligations.values()].slice(0, 5).map((each) => JSON.stringify(each))
      return `${member} at ${JSON.stringify(head.frontier)}; ${nodes.join(', ')}; owes ${obligations.size}: ${owed.join(' ')}; knows of ${JSON.stringify({ memberClocks, significant, fences })}`
    })
    return unsaid.length === 0 ? standing : [...standing, `neither placed again nor told: ${unsaid.join('; ')}`]
  }
}

const keysWithOrders = (...of: Parameters<typeof cheapKeysOf>): NodeKeys => {
  const keys = cheapKeysOf(...of)
  return { ...keys, crypto: { ...keys.crypto, operators: runOperators } }
}

function isForgetful({ forgetful, seed }: RunOptions): boolean {
  return forgetful ?? seed % 8 === 4
}

/** What comes twice costs a tenth of a seed, so every third one is enough to see that it does no harm. */
function hasSecondLines(seed: number): boolean {
  return seed % 3 === 1
}

/** Mostly three regions; now and then two, or four. */
function membersOf(seed: number): readonly RegionId[] {
  const count = seed % 8 === 5 ? 2 : seed % 16 === 6 ? 4 : 3
  return places.slice(0, count)
}
