// The regions as this gateway holds them: a connection pool, a health state and the last word of each about itself.
// Knows nothing of operations; prober.ts and forward.ts feed it with what they feel.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { PutOff } from '@causeway/schema/fence/put-off'
import type { Json } from '@causeway/schema/json'
import { Pool } from 'undici'
import type { Clock } from '../clock.ts'
import type { RegionAddress } from '../options.ts'
import { chooseRegions } from './choose.ts'
import { type HealthInput, nextHealth, type RegionHealth, unknownHealth } from './health.ts'

/** What a region said of itself when it was last probed. */
export interface RegionWord {
  readonly frontier: VersionVector
  readonly token: string
  /** Null while the region moves: the digest of what it held a moment ago says nothing. */
  readonly digest: string | null
  readonly replication: readonly { readonly [key: string]: Json }[]
  /** As the region tells them. */
  readonly stableFrontier: Json
  readonly history: Json
  readonly divergence: Json
  readonly reads: Json
  readonly snapshot: Json
  readonly restoration: Json
  readonly openIncidents: Json
  readonly operatorKeys: Json
  readonly refusesWrites: string | null
  /** Regions that have left the cluster, and those that are to, with whom that waits for. */
  readonly retired: readonly RegionId[]
  readonly retiring: readonly RetiringWord[]
}

/** Who is to leave, as a region says. */
export interface RetiringWord {
  readonly id: RegionId
  readonly waitsFor: readonly RegionId[]
  /** Why the region that says so keeps back its own word about that. */
  readonly putOff: PutOff | null
}

export interface FleetRegion {
  readonly id: RegionId
  readonly url: string
  readonly pool: Pool
  readonly health: RegionHealth
  /** Null where it cannot be asked, or has left: what it last said of itself and of others holds no more. */
  readonly word: RegionWord | null
}

export interface Retirement {
  readonly waitsFor: readonly RegionId[]
  readonly putOffs: readonly { readonly by: RegionId; readonly putOff: PutOff }[]
}

/** Connections to one region; more operations than that wait in line for one, within their deadline. */
const connectionsPerRegion = 128

export class Fleet {
  readonly #regions = new Map<RegionId, FleetRegion>()
  readonly #listeners = new Set<(region: FleetRegion, before: FleetRegion) => void>()
  readonly #clock: Clock
  readonly #own: RegionId | undefined

  constructor(addresses: readonly RegionAddress[], own: RegionId | undefined, clock: Clock) {
    this.#clock = clock
    this.#own = own
    for (const { id, url } of addresses) {
      const pool = new Pool(new URL(url).origin, {
        connections: connectionsPerRegion,
        connect: { timeout: 1_000 },
        // Shorter than what servers commonly allow, so that it is not they who close first, under a request.
        keepAliveTimeout: 3_000,
        headersTimeout: 0,
        bodyTimeout: 0,
      })
      this.#regions.set(id, { id, url, pool, health: unknownHealth(clock.now()), word: null })
    }
  }

  ids(): readonly RegionId[] {
    return [...this.#regions.keys()]
  }

  get(id: RegionId): FleetRegion | undefined {
    return this.#regions.get(id)
  }

  /** By id, as operators read it. */
  all(): readonly FleetRegion[] {
    return [...this.#regions.values()].sort((left, right) => (left.id < right.id ? -1 : 1))
  }

  order(pinned: RegionId | undefined): readonly RegionId[] {
    return chooseRegions([...this.#regions.values()], { pinned, own: this.#own })
  }

  note(id: RegionId, input: HealthInput): void {
    const before = this.#regions.get(id)
    if (before === undefined) return
    const health = nextHealth(before.health, input, this.#clock.now())
    const isSilent = health.state === 'UNREACHABLE' || health.state === 'RETIRED'
    this.#replace(before, { ...before, health, word: isSilent ? null : before.word })
  }

  heard(id: RegionId, word: RegionWord | null): void {
    const before = this.#regions.get(id)
    if (before === undefined) return
    if (before.health.announced === 'RETIRED') {
      if (word === null || !this.#isMemberAgain(id)) return
      this.note(id, { kind: 'announced', as: 'SERVING' })
    }
    const told = { kind: 'told', refusesWrites: word?.refusesWrites ?? null } as const
    const current = this.#regions.get(id) ?? before
    const health = word === null ? current.health : nextHealth(current.health, told, this.#clock.now())
    this.#replace(current, { ...current, word, health })
    // Whoever has left is gone in every region's eyes sooner or later: one word is enough.
    for (const gone of word?.retired ?? []) {
      if (this.#regions.get(gone)?.health.announced !== 'RETIRED') this.note(gone, { kind: 'announced', as: 'RETIRED' })
    }
  }

  /** Whom the retirement of a region waits for, as others tell, and which of them say why; null where nobody retires it. */
  retirementOf(id: RegionId): Retirement | null {
    const words = [...this.#regions.values()].flatMap((region) => {
      const leaving = region.word?.retiring.find((one) => one.id === id)
      return leaving === undefined ? [] : [{ by: region.id, ...leaving }]
    })
    const [first] = words
    if (first === undefined) return null
    const putOffs = words.flatMap(({ by, putOff }) => (putOff === null ? [] : [{ by, putOff }]))
    return { waitsFor: first.waitsFor, putOffs }
  }

  /** A region that had left tells of itself, and no other one knows of that any more: each has lost its disk since (S7). */
  #isMemberAgain(id: RegionId): boolean {
    const others = [...this.#regions.values()].filter((one) => one.id !== id && one.health.announced !== 'RETIRED')
    return others.length > 0 && others.every(({ word }) => word !== null && !word.retired.includes(id))
  }

  /** Called after each change of anything; returns how to stop listening. */
  listen(listener: (region: FleetRegion, before: FleetRegion) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#listeners.clear()
    await Promise.all([...this.#regions.values()].map((region) => region.pool.destroy()))
  }

  #replace(before: FleetRegion, after: FleetRegion): void {
    this.#regions.set(after.id, after)
    for (const listener of this.#listeners) listener(after, before)
  }
}
