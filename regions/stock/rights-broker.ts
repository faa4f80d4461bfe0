// Gets rights that a command lacks from the peers that have most, each asked at most once per shortage, within the
// caller's deadline (S4 in its plainest form). Shortages that meet on their way to one peer travel in one request.

import { type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import type { Shortage } from '@causeway/schema/documents/command'
import { rightsOf, type StockRow } from '@causeway/schema/stock/row'
import type { Ports } from '../ports.ts'
import type { RightsReply, RightsRequest } from '../replication/peer.ts'

export interface BrokerSetting {
  readonly ports: Ports
  readonly peers: readonly RegionId[]
  readonly origin: () => Origin
  readonly requestRights: (peer: RegionId, request: RightsRequest) => Promise<RightsReply>
  readonly stock: (skus: readonly string[]) => Promise<readonly StockRow[]>
  /** False where the position was not applied by the deadline. */
  readonly reach: (
    position: { readonly origin: Origin; readonly sequence: number },
    deadlineAt: number,
  ) => Promise<boolean>
}

export interface Acquired {
  /** Units that peers gave for these shortages, all together. */
  readonly given: number
  /** Peers that could not be asked. */
  readonly unreachable: ReadonlySet<RegionId>
}

/** SKUs in one request; more wait for the next one to the same peer. */
const maximumItems = 5_000

interface Asked {
  readonly sku: string
  readonly units: number
  readonly resolve: (given: number) => void
  readonly reject: (error: unknown) => void
}

export class RightsBroker {
  readonly #setting: BrokerSetting
  readonly #queues = new Map<RegionId, Asked[]>()
  readonly #asking = new Set<RegionId>()

  constructor(setting: BrokerSetting) {
    this.#setting = setting
  }

  /** Asks for what is missing and waits until it counts here. */
  async acquire(shortages: readonly Shortage[], deadlineAt: number): Promise<Acquired> {
    const unreachable = new Set<RegionId>()
    const rows = await this.#setting.stock(shortages.map(({ sku }) => sku))
    const covered = shortages.map((shortage) => this.#cover(shortage, rows, unreachable, deadlineAt))
    const given = (await Promise.all(covered)).reduce((sum, units) => sum + units, 0)
    return { given, unreachable }
  }

  async #cover(
    { sku, missing }: Shortage,
    rows: readonly StockRow[],
    unreachable: Set<RegionId>,
    deadlineAt: number,
  ): Promise<number> {
    let left = missing
    for (const peer of this.#byRights(rows.filter((row) => row.sku === sku))) {
      if (left <= 0) break
      try {
        left -= await this.#within(deadlineAt, this.#ask(peer, sku, left))
      } catch (error) {
        unreachable.add(peer)
        this.#setting.ports.logger.debug({ peer, sku, error: String(error) }, 'a peer could not be asked for rights')
      }
    }
    return missing - left
  }

  /** Peers by the rights they are known to hold, most first; those that seem to have none come last, for we may be behind. */
  #byRights(rows: readonly StockRow[]): readonly RegionId[] {
    const known = new Map<RegionId, number>(this.#setting.peers.map((peer) => [peer, 0]))
    for (const row of rows) {
      const region = regionOf(row.holder)
      const units = known.get(region)
      if (units !== undefined) known.set(region, units + rightsOf(row))
    }
    return [...known].sort(([a, unitsA], [b, unitsB]) => unitsB - unitsA || (a < b ? -1 : 1)).map(([peer]) => peer)
  }

  #ask(peer: RegionId, sku: string, units: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(peer) ?? []
      queue.push({ sku, units, resolve, reject })
      this.#queues.set(peer, queue)
      if (!this.#asking.has(peer)) void this.#drain(peer)
    })
  }

  async #drain(peer: RegionId): Promise<void> {
    this.#asking.add(peer)
    await Promise.resolve()
    for (;;) {
      const batch = this.#queues.get(peer)?.splice(0, maximumItems) ?? []
      if (batch.length === 0) break
      await this.#request(peer, batch)
    }
    this.#asking.delete(peer)
  }

  async #request(peer: RegionId, batch: readonly Asked[]): Promise<void> {
    const { ports, origin, requestRights, reach } = this.#setting
    const wanted = new Map<string, number>()
    for (const { sku, units } of batch) wanted.set(sku, (wanted.get(sku) ?? 0) + units)
    try {
      const reply = await requestRights(peer, {
        requestId: Buffer.from(ports.random.bytes(16)).toString('hex'),
        to: origin(),
        items: [...wanted].map(([sku, units]) => ({ sku, units })),
      })
      if (reply.position) await reach(reply.position, ports.clock.now() + giftArrivalMs)
      const given = new Map(reply.items.map(({ sku, units }) => [sku, units]))
      for (const { sku, units, resolve } of batch) {
        const share = Math.min(units, given.get(sku) ?? 0)
        given.set(sku, (given.get(sku) ?? 0) - share)
        resolve(share)
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  #within<Result>(deadlineAt: number, work: Promise<Result>): Promise<Result> {
    const { clock, timers } = this.#setting.ports
    return new Promise((resolve, reject) => {
      const cancel = timers.after(Math.max(0, deadlineAt - clock.now()), () => reject(new Error('no answer in time')))
      work.then(resolve, reject).finally(cancel)
    })
  }
}

/** A gift that was answered but is not here after this long is waited for no more; it counts whenever it arrives. */
const giftArrivalMs = 2_000
