// One simulated run with devices: a seed in; out comes what it did, or a throw with the line that runs it again and the trace of
// what happened. The devices are the SDK itself, the regions are the nodes that production runs.

import { automergeReady } from '@causeway/client/documents/wasm'
import { defaultRetention } from '@causeway/regions/history/retention'
import { compareVectors } from '@causeway/schema/clock/version-vector'
import { VirtualGateway } from '../callers/gateway.ts'
import { checkConverged } from '../checkers/converged.ts'
import { checkLeases } from '../checkers/leases.ts'
import { Stuck, Violation } from '../checkers/violation.ts'
import { Watch } from '../checkers/watch.ts'
import { SimulatedCluster } from '../cluster.ts'
import type { SeededRandom } from '../random.ts'
import { misfortunes } from '../run/misfortunes.ts'
import { checkChains, checkKept, checkSales, checkShown, type Setting } from './checks.ts'
import { Device } from './device.ts'
import { answerDevice } from './door.ts'
import { deviceHarms, weighted } from './harms.ts'
import { Ledger } from './ledger.ts'
import { fillShelves } from './shelves.ts'

export interface DeviceReport {
  readonly seed: number
  readonly sales: number
  readonly leased: number
  readonly refused: number
  readonly leases: number
  readonly trace: readonly string[]
}

const members = ['eu-west-1', 'us-east-1'] as const
const skus = ['sku-a', 'sku-b'] as const
const openingUnits = 40
const acts = 34
const harms = 9
const strikes = 3
const overMs = 14_000
const healingMs = 180_000
/** Until every device shows what stands: a line that is silently dead costs ten seconds. */
const showingMs = 40_000
/** Longer than leases here last. */
const leaseMinutes = [1, 3, 60] as const
const tracedLines = Number(process.env.TRACE_LINES ?? 200)
const user = 'ada'

export async function simulateDevices(seed: number): Promise<DeviceReport> {
  await automergeReady()
  const run = new DeviceRun(seed)
  try {
    return await run.through()
  } catch (error) {
    const cause = run.watch.failure ?? error
    const kind = cause instanceof Stuck ? 'liveness' : 'safety'
    const words = cause instanceof Error ? (cause instanceof Violation ? cause.message : cause.stack) : String(cause)
    const rerun = `DEVICES_FROM=${seed} DEVICES=1 npx vitest run test/simulation/devices`
    const trace = run.cluster.trace.lines(tracedLines).join('\n')
    throw new Error(`${kind} failed at seed ${seed}: ${words}\nrun again: ${rerun}\n${trace}`, { cause })
  } finally {
    await run.end()
  }
}

class DeviceRun {
  readonly watch = new Watch(members)
  readonly cluster: SimulatedCluster
  readonly #seed: number
  readonly #random: SeededRandom
  readonly #gateways: readonly VirtualGateway[]
  readonly #ledger: Ledger
  readonly #devices: readonly Device[]
  readonly #orders: readonly string[]
  readonly #cart: string
  #sales = 0
  #isOver = false

  constructor(seed: number) {
    this.#seed = seed
    const report = (fault: unknown) => this.watch.report(fault)
    // The look for silent divergence has its own tests.
    const listeners = { onDurable: this.watch.durable, divergenceRoundMs: healingMs }
    this.cluster = new SimulatedCluster(seed, members, defaultRetention, listeners)
    const { cluster } = this
    this.#random = cluster.random.fork('devices')
    this.#ledger = new Ledger(report)
    this.#cart = 'cart-ada'
    this.#orders = Array.from({ length: acts }, (_, index) => `order-${index}`)
    this.#gateways = members.map((own, index) => {
      const setting = { id: `gateway-${index}`, cluster, own, report, onAnswer: this.watch.answered }
      return new VirtualGateway({ ...setting, door: answerDevice })
    })
    this.#devices = ['phone', 'till'].map((name) => {
      const random = cluster.random.fork(name)
      const setting = { name, cluster, gateways: this.#gateways, random, report, ledger: this.#ledger }
      return new Device({ ...setting, user, cart: this.#cart, skus, orders: this.#orders })
    })
  }

  async through(): Promise<DeviceReport> {
    const { cluster } = this
    for (const member of members) cluster.disk(member).setSlowness(1)
    await cluster.startAll()
    const until = (what: string, condition: () => boolean) => this.#until(what, condition)
    await fillShelves({ cluster, watch: this.watch, skus, user, units: openingUnits, until })
    for (const device of this.#devices) void device.open().catch((error: unknown) => this.watch.report(error))
    const random = this.#random
    for (let index = 0; index < acts; index++) cluster.time.after(random.unit() * overMs, () => void this.#act())
    for (let index = 0; index < harms; index++) cluster.time.after(random.unit() * overMs, () => this.#harm())
    for (let index = 0; index < strikes; index++) cluster.time.after(random.unit() * overMs, () => this.#strike())
    await this.#pass(overMs)
    this.#heal()
    const { time } = cluster
    await this.#until('every device is open', () => this.#devices.every(({ client }) => client !== null))
    // Again and again: what was asked for long ago may be lent only now.
    const tidyUp = () => {
      for (const device of this.#devices) {
        device.client?.connect()
        void device.follow()
        void device.closeLeases()
      }
      if (!this.#isOver) time.after(2_000, tidyUp)
    }
    tidyUp()
    await this.#pass(1_000)
    await this.#until('every device has all its outcomes and shows what is', () => this.#isAtRest())
    await this.#until('all regions stand at one frontier with nothing owed', () => this.#isQuiet())
    return await this.#judge()
  }

  async end(): Promise<void> {
    this.#isOver = true
    for (const gateway of this.#gateways) gateway.close()
    for (const device of this.#devices) void device.end().catch(() => {})
    await this.cluster.time.runFor(100)
    for (const member of members) this.cluster.crash(member)
  }

  async #act(): Promise<void> {
    const random = this.#random
    const device = random.pick(this.#devices)
    const sku = random.pick(skus)
    const roll = random.unit()
    if (roll < 0.25) await device.edit(sku, random.integer(0, 5))
    else if (roll < 0.4) await device.lease(sku, random.integer(2, 6), random.pick(leaseMinutes))
    else if (roll < 0.43) await device.closeLeases()
    // Now and then more than there can ever be.
    else if (roll < 0.65)
      await device.order(this.#nextOrder(), sku, random.chance(0.2) ? 1_000 : random.integer(1, 3), false)
    else {
      const lent = device.client?.leases().find(({ state }) => state === 'open')
      await device.order(this.#nextOrder(), lent?.sku ?? sku, random.integer(1, 2), true)
    }
  }

  #nextOrder(): string {
    return this.#orders[this.#sales++] ?? 'one too many'
  }

  #harm(): void {
    const { cluster } = this
    const random = this.#random
    const device = random.pick(this.#devices)
    const harm = weighted(random, deviceHarms)
    const lastsMs = (0.02 + random.unit() * 0.4) * overMs
    cluster.trace.note(() => `*** ${device.name} ${harm.name} (${Math.round(lastsMs)} ms)`)
    harm.strike({ cluster, random, device, lastsMs })
  }

  #strike(): void {
    const { cluster } = this
    const random = this.#random
    const one = random.pick(members)
    const other = members.find((member) => member !== one) ?? one
    const misfortune = weighted(random, misfortunes)
    const lastsMs = (0.05 + random.unit() * 0.35) * overMs
    cluster.trace.note(() => `*** ${misfortune.name} (${one}, ${other}, ${Math.round(lastsMs)} ms)`)
    const gateways = this.#gateways.map((_, index) => `gateway-${index}`)
    const restored = (region: string) => this.watch.restored(region, cluster.database(region))
    misfortune.strike({ cluster, random, gateways, lastsMs, one, other, restored })
  }

  #heal(): void {
    const { cluster } = this
    cluster.trace.note(() => '*** all is healed')
    cluster.network.healAll()
    for (const member of members) {
      cluster.disk(member).heal()
      cluster.time.clocks.run(member, 1)
      for (const { process } of cluster.nodes(member)) process.resume()
      void cluster.start(member, 0)
    }
    for (const device of this.#devices) {
      device.line.heal()
      device.flash.heal()
      device.clockMs = 0
    }
  }

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
      const standing = this.#devices.map(
        ({ name, client }) => `${name}: ${JSON.stringify(client?.status())} ${JSON.stringify(client?.leases())}`,
      )
      throw new Stuck(`${error instanceof Error ? error.message : error}\n${standing.join('\n')}`, { cause: error })
    }
    this.watch.throwFailure()
  }

  #isAtRest(): boolean {
    // An outcome is told once it is written down.
    const isHeard = [...this.#ledger.sales.values()].every(
      (one) => one.outcome !== null || one.isEvicted || !one.isKept,
    )
    if (!isHeard) return false
    return this.#devices.every(({ client }) => {
      if (client === null) return false
      const { pending, behind, connection } = client.status()
      return connection === 'online' && pending === 0 && behind === 0 && client.leases().length === 0
    })
  }

  #isQuiet(): boolean {
    const { cluster } = this
    const [first] = members
    const { frontier } = cluster.database(first).head
    return members.every((member) => {
      const { head, obligations } = cluster.database(member)
      const isKnown = cluster
        .nodes(member)
        .every(({ region }) => region !== null && compareVectors(region.frontier(), frontier) === 'equal')
      return isKnown && compareVectors(head.frontier, frontier) === 'equal' && obligations.size === 0
    })
  }

  /** A line that died in silence is found out after a while. */
  async #comesToShow(setting: Setting): Promise<void> {
    for (let leftMs = showingMs; ; leftMs -= 1_000) {
      try {
        return checkShown(setting)
      } catch (error) {
        if (leftMs <= 0) throw error
        await this.#pass(1_000)
      }
    }
  }

  async #judge(): Promise<DeviceReport> {
    const { cluster, watch } = this
    const [first] = members
    await checkConverged(cluster)
    const hasRestored = watch.restoredRegions.size > 0
    const database = cluster.database(first)
    const setting: Setting = {
      database,
      devices: this.#devices,
      ledger: this.#ledger,
      cart: this.#cart,
      skus,
      user,
      hasRestored,
    }
    checkSales(setting)
    await this.#comesToShow(setting)
    await checkKept(setting)
    const leases = checkChains(setting)
    if (!hasRestored) checkLeases(first, database, watch.logOf(database))
    watch.throwFailure()
    const sales = [...this.#ledger.sales.values()]
    return {
      seed: this.#seed,
      sales: sales.filter(({ outcome }) => outcome === 'accepted').length,
      leased: sales.filter(({ outcome, isLeased }) => outcome === 'accepted' && isLeased).length,
      refused: sales.filter(({ outcome }) => outcome === 'refused').length,
      leases,
      trace: cluster.trace.lines(),
    }
  }
}
