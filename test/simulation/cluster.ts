// Regions in one process on virtual time: the very nodes that production runs, several to a region if wished, on the
// memory store and the virtual network. Knows no workload, no misfortune and no checker.

import { createHash } from 'node:crypto'
import type { MemoryDatabase } from '@causeway/db/memory/database'
import { defaultRoundMs } from '@causeway/regions/divergence/guard'
import { defaultRetention, type HistoryRetention } from '@causeway/regions/history/retention'
import { createRegionNode } from '@causeway/regions/node'
import type { NodeOptions } from '@causeway/regions/node-options'
import type { Logger, Ports } from '@causeway/regions/ports'
import type { Region } from '@causeway/regions/region'
import type { PeerService } from '@causeway/regions/replication/peer'
import type { SecondLines } from '@causeway/regions/replication/receiving/second-line'
import type { RegionId } from '@causeway/schema/clock/origin'
import { VirtualNetwork } from './network.ts'
import { Disk } from './nodes/disk.ts'
import { createDiskStore } from './nodes/disk-store.ts'
import { readOnce } from './nodes/read-once.ts'
import { SeededRandom } from './random.ts'
import { Trace } from './trace.ts'
import { createVirtualCrypto, virtualKeyOf } from './virtual-crypto.ts'
import { VirtualProcess } from './virtual-process.ts'
import { VirtualTime } from './virtual-time.ts'

export interface NodeHandle {
  readonly process: VirtualProcess
  readonly ports: Ports
  /** Null until it is up. */
  region: Region | null
  close(): void
}

export interface ClusterListeners {
  /** Called right after a transaction became durable, before anybody hears of it. */
  readonly onDurable?: (region: RegionId, database: MemoryDatabase) => void
  /** What a node signs and believes with; by default as cheaply as can be. */
  readonly keysOf?: (region: RegionId, random: Ports['random']) => NodeKeys
  /** From one look for silent divergence to the next; by default as in production. */
  readonly divergenceRoundMs?: number
  /** Which links run over two lines; by default as in production. */
  readonly secondLines?: SecondLines
  /** What a region's peers meet in place of what it offers them. */
  readonly serviceOf?: (service: PeerService) => PeerService
}

export type NodeKeys = Pick<NodeOptions, 'crypto' | 'publicKey' | 'pinnedKeys' | 'newestRules'>

export const cheapKeysOf = (region: RegionId, random: Ports['random']): NodeKeys => ({
  crypto: createVirtualCrypto(region, random),
  publicKey: virtualKeyOf(region),
})

/** How long a start may take in virtual time. */
const startMs = 60_000

export class SimulatedCluster {
  readonly time = new VirtualTime()
  readonly random: SeededRandom
  readonly network: VirtualNetwork
  /** Of the configuration that nodes are started with. */
  members: readonly RegionId[]
  readonly trace: Trace
  readonly #retention: HistoryRetention
  readonly #keysOf: (region: RegionId, random: Ports['random']) => NodeKeys
  readonly #serviceOf: (service: PeerService) => PeerService
  readonly #divergenceRoundMs: number
  readonly #secondLines: SecondLines
  readonly #onDurable: NonNullable<ClusterListeners['onDurable']>
  readonly #disks = new Map<RegionId, Disk>()
  readonly #nodes = new Map<string, NodeHandle>()
  readonly #lost = new Set<RegionId>()
  #starts = 0

  constructor(
    seed: number,
    members: readonly RegionId[],
    retention: HistoryRetention = defaultRetention,
    {
      onDurable = () => {},
      keysOf = cheapKeysOf,
      serviceOf = (service) => service,
      divergenceRoundMs = defaultRoundMs,
      secondLines = 'far',
    }: ClusterListeners = {},
  ) {
    this.#divergenceRoundMs = divergenceRoundMs
    this.#secondLines = secondLines
    this.#serviceOf = serviceOf
    this.#keysOf = keysOf
    this.#retention = retention
    this.random = new SeededRandom(seed)
    this.trace = new Trace(this.time)
    this.network = new VirtualNetwork({ time: this.time, random: this.random.fork('network') })
    this.members = members
    this.#onDurable = onDurable
    this.configure(members)
  }

  /** Another configuration: nodes go by it that are started from now on. A region that is new has an empty disk. */
  configure(members: readonly RegionId[]): void {
    this.members = members
    for (const region of members) {
      if (this.#disks.has(region)) continue
      const random = this.random.fork(`disk of ${region}`)
      this.#disks.set(region, new Disk({ region, time: this.time, random, onDurable: this.#onDurable }))
    }
  }

  disk(id: RegionId): Disk {
    const disk = this.#disks.get(id)
    if (disk === undefined) throw new Error(`no region ${id}`)
    return disk
  }

  database(id: RegionId): MemoryDatabase {
    return this.disk(id).database
  }

  /** Nodes of a region that are up, paused ones included. */
  nodes(id: RegionId): readonly NodeHandle[] {
    return [...this.#nodes]
      .filter(([name, { region }]) => name.startsWith(`${id}/`) && region !== null)
      .map(([, node]) => node)
  }

  nodeIn(process: VirtualProcess): NodeHandle | undefined {
    return this.#nodes.get(process.name)
  }

  /** A node of the region that is up; undefined while there is none. */
  region(id: RegionId): Region | undefined {
    return this.nodes(id)[0]?.region ?? undefined
  }

  /** Resolves in virtual time when the node is up: let time pass meanwhile. Never, where it is killed before. */
  async start(id: RegionId, index = 0): Promise<void> {
    const name = `${id}/${index}`
    if (this.#nodes.has(name) || this.#lost.has(id)) return
    const process = new VirtualProcess(name)
    const disk = this.disk(id)
    const store = createDiskStore(id, disk, process)
    const ports = this.#ports(id, process)
    const node: NodeHandle = { process, ports, region: null, close: () => void store.close() }
    this.#nodes.set(name, node)
    try {
      node.region = await createRegionNode({
        region: id,
        members: this.members,
        store,
        ...this.#keysOf(id, ports.random),
        transport: this.network.transportOf(id, process),
        ports,
        retention: this.#retention,
        divergenceRoundMs: this.#divergenceRoundMs,
        secondLines: this.#secondLines,
        read: readOnce,
        hasher: () => {
          const hash = createHash('sha256')
          return { update: (text) => void hash.update(text), hex: () => hash.digest('hex') }
        },
      })
    } catch (error) {
      // As whoever supervises processes does: what could not start, for its database is away, is started again.
      this.trace.note(() => `${name} could not start: ${String(error)}`)
      this.#end(name, node)
      this.time.after(restartMs, () => void this.start(id, index))
      return
    }
    this.network.join(id, this.#serviceOf(node.region.peerService), process)
    this.trace.note(() => `${name} is up as ${node.region?.origin}`)
  }

  async startAll(nodesOf: (id: RegionId) => number = () => 1): Promise<void> {
    for (const id of this.members) for (let index = 0; index < nodesOf(id); index++) void this.start(id, index)
    const areUp = () => this.members.every((id) => this.nodes(id).length === nodesOf(id))
    await this.time.runUntil('every region is up', areUp, startMs)
  }

  /** Another node on the same database; time passes until it is up. */
  async startSecondNode(id: RegionId): Promise<Region> {
    void this.start(id, 1)
    await this.time.runUntil('the second node is up', () => this.nodes(id).length === 2, startMs)
    const second = this.nodes(id)[1]?.region
    if (!second) throw new Error('the second node is not up')
    return second
  }

  /** kill -9: what was not durable is gone, connections break, nothing of the process runs on. */
  crashNode(id: RegionId, index: number): void {
    const name = `${id}/${index}`
    const node = this.#nodes.get(name)
    if (node === undefined) return
    this.#end(name, node)
    this.trace.note(() => `${name} is killed`)
  }

  /** Every node of the region. */
  crash(id: RegionId): void {
    for (const name of [...this.#nodes.keys()]) {
      const [region, index] = name.split('/')
      if (region === id) this.crashNode(id, Number(index))
    }
  }

  /** The region's machines are gone, with all that would have started them again, until they are found. */
  lose(id: RegionId): void {
    this.crash(id)
    this.#lost.add(id)
  }

  /** May be started again, on the disk that it had. */
  find(id: RegionId): void {
    this.#lost.delete(id)
  }

  isLost(id: RegionId): boolean {
    return this.#lost.has(id)
  }

  /** The region's database as it is now. */
  backUp(id: RegionId): MemoryDatabase {
    return this.disk(id).backUp()
  }

  /** Puts an older copy in place of a region's database; the region must be down. */
  restore(id: RegionId, backup: MemoryDatabase): void {
    this.disk(id).restore(backup)
    this.trace.note(() => `${id} is restored from a copy that ends at ${JSON.stringify(backup.head.frontier)}`)
  }

  #end(name: string, node: NodeHandle): void {
    node.process.kill()
    this.#nodes.delete(name)
    this.network.leaveAs(node.process)
    node.close()
  }

  #ports(id: RegionId, process: VirtualProcess): Ports {
    this.#starts += 1
    return {
      clock: this.time.clockOf(id),
      random: this.random.fork(`${process.name} at start ${this.#starts}`),
      logger: this.#logger(process.name),
      timers: process.timersOn(this.time),
    }
  }

  #logger(name: string): Logger {
    const say = (fields: object, message: string) => {
      this.trace.note(() => `${name} says: ${message} ${JSON.stringify(fields)}`)
    }
    return { debug: () => {}, info: () => {}, warn: say, error: say }
  }
}

/** Until a process that could not start is started again. */
const restartMs = 1_000
