// Regions in one process on virtual time: the very node that production runs, on the memory store and the virtual
// network. Knows no workload and no checker.

import { createHash } from 'node:crypto'
import { createMemoryDatabase, type MemoryDatabase } from '@causeway/db/memory/database'
import { createMemoryStore } from '@causeway/db/memory/store'
import type { Store } from '@causeway/db/store'
import { createCrypto, generateSigningKey, type SigningKey } from '@causeway/regions/crypto'
import { defaultRetention, type HistoryRetention } from '@causeway/regions/history/retention'
import { createRegionNode } from '@causeway/regions/node'
import type { Logger, Ports } from '@causeway/regions/ports'
import type { Region } from '@causeway/regions/region'
import { makeOrigin, type RegionId } from '@causeway/schema/clock/origin'
import { VirtualNetwork } from './network.ts'
import { SeededRandom } from './random.ts'
import { VirtualTime } from './virtual-time.ts'

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const keysOf = new Map<RegionId, SigningKey>()

/** Made once per run of the tests: nothing that a region decides depends on them. */
function keyOf(region: RegionId): SigningKey {
  const key = keysOf.get(region) ?? generateSigningKey()
  keysOf.set(region, key)
  return key
}

interface Life {
  readonly region: Region
  readonly store: Store
  isAlive: boolean
}

export class SimulatedCluster {
  readonly time = new VirtualTime()
  readonly random: SeededRandom
  readonly network: VirtualNetwork
  readonly members: readonly RegionId[]
  readonly trace: string[] = []
  readonly #databases = new Map<RegionId, MemoryDatabase>()
  readonly #lives = new Map<RegionId, Life>()
  readonly #starting = new Set<RegionId>()
  readonly #retention: HistoryRetention

  constructor(seed: number, members: readonly RegionId[], retention: HistoryRetention = defaultRetention) {
    this.#retention = retention
    this.random = new SeededRandom(seed)
    this.network = new VirtualNetwork({ time: this.time, random: this.random.fork('network') })
    this.members = members
    for (const member of members) this.#databases.set(member, createMemoryDatabase(member))
  }

  /** The running node of a region; undefined while it is down. */
  region(id: RegionId): Region | undefined {
    return this.#lives.get(id)?.region
  }

  database(id: RegionId): MemoryDatabase {
    const database = this.#databases.get(id)
    if (!database) throw new Error(`no region ${id}`)
    return database
  }

  /** Resolves in virtual time: let time pass meanwhile. */
  async start(id: RegionId): Promise<void> {
    if (this.#lives.has(id) || this.#starting.has(id)) return
    this.#starting.add(id)
    const life = { isAlive: true }
    const { region, store } = await this.#startNode(id, life)
    this.#starting.delete(id)
    this.#lives.set(id, Object.assign(life, { region, store }))
    this.network.join(id, region.peerService)
    this.note(`${id} is up as ${region.origin}`)
  }

  /** The region's database as it is now. */
  backUp(id: RegionId): MemoryDatabase {
    const { lastTransaction: _, listeners: __, leases: ___, ...data } = this.database(id)
    return { ...createMemoryDatabase(id), ...structuredClone(data) }
  }

  /** Puts an older copy in place of a region's database; the region must be down. */
  restore(id: RegionId, backup: MemoryDatabase): void {
    this.#databases.set(id, backup)
  }

  /** Another node on the same database; time passes until it is up. It lives until the test ends. */
  async startSecondNode(id: RegionId): Promise<Region> {
    let second: Region | undefined
    void this.#startNode(id, { isAlive: true }).then(({ region }) => {
      second = region
    })
    await this.time.runUntil('the second node is up', () => second !== undefined, 60_000)
    if (!second) throw new Error('the second node is not up')
    return second
  }

  async #startNode(id: RegionId, life: { readonly isAlive: boolean }): Promise<{ region: Region; store: Store }> {
    const store = createMemoryStore({ region: id, database: this.database(id) })
    const key = keyOf(id)
    const ports = this.#ports(id, life)
    const crypto = createCrypto({
      origin: makeOrigin(id, 1),
      privateKeyPem: key.privateKeyPem,
      publicKeys: new Map(),
      random: ports.random,
    })
    const region = await createRegionNode({
      region: id,
      members: this.members,
      store,
      crypto,
      publicKey: key.publicKey,
      transport: this.network.transportOf(id),
      ports,
      retention: this.#retention,
      hasher: () => {
        const hash = createHash('sha256')
        return { update: (text) => void hash.update(text), hex: () => hash.digest('hex') }
      },
    })
    return { region, store }
  }

  async startAll(): Promise<void> {
    const started = Promise.all(this.members.map((member) => this.start(member)))
    let isDone = false
    void started.then(() => {
      isDone = true
    })
    await this.time.runUntil('every region is up', () => isDone, 60_000)
  }

  /** kill -9: what was not durable is gone, connections break, nothing of the process runs on. */
  crash(id: RegionId): void {
    const life = this.#lives.get(id)
    if (!life) return
    life.isAlive = false
    this.#lives.delete(id)
    this.network.leave(id)
    void life.store.close()
    this.note(`${id} is killed`)
  }

  note(text: string): void {
    this.trace.push(`${String(this.time.now() - startMs).padStart(7)} ms  ${text}`)
  }

  /** A dead process's timers never ring. */
  #ports(id: RegionId, life: { readonly isAlive: boolean }): Ports {
    const clock = this.time.clockOf(id)
    return {
      clock,
      random: this.random.fork(`${id}/${this.trace.length}`),
      logger: quiet,
      timers: {
        after: (delayMs, call) =>
          this.time.after(delayMs, () => {
            if (life.isAlive) call()
          }),
      },
    }
  }
}

const startMs = new VirtualTime().now()
