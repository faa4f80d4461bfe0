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
  /** What its command counted on of our own: with several that are short, each counted on the same units. */
  readonly counted: number
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
    { sku, missing, needed = missing }: Shortage,
    rows: readonly StockRow[],
    unreachable: Set<RegionId>,
    deadlineAt: number,
  ): Promise<number> {
    const counted = needed - missing
    const ask = async (peer: RegionId, units: number): Promise<number> => {
      try {
        return await this.#within(deadlineAt, this.#ask({ sku, units, counted }, peer))
      } catch (error) {
        unreachable.add(peer)
        this.#setting.ports.logger.debug({ peer, sku, error: String(error) }, 'a peer could not be asked for rights')
        return 0
      }
    }
    // What is known to lie with several peers is asked of them at once; what then still lacks, of the rest in turn.
    let left = missing
    let unasked = missing
    const known = this.#byRights(rows.filter((row) => row.sku === sku))
    const rest: RegionId[] = []
    const given = known.map(([peer, units]) => {
      const share = Math.min(unasked, Math.max(0, units))
      unasked -= share
      if (share === 0) rest.push(peer)
      return share === 0 ? 0 : ask(peer, share)
    })
    for (const units of await Promise.all(given)) left -= units
    for (const peer of rest) if (left > 0) left -= await ask(peer, left)
    return missing - left
  }

  /** Peers by the rights they are known to hold, most first; those that seem to have none come last, for we may be behind. */
  #byRights(rows: readonly StockRow[]): readonly (readonly [RegionId, number])[] {
    const known = new Map<RegionId, number>(this.#setting.peers.map((peer) => [peer, 0]))
    for (const row of rows) {
      const region = regionOf(row.holder)
      const units = known.get(region)
      if (units !== undefined) known.set(region, units + rightsOf(row))
    }
    return [...known].sort(([a, unitsA], [b, unitsB]) => unitsB - unitsA || (a < b ? -1 : 1))
  }

  #ask(want: Pick<Asked, 'sku' | 'units' | 'counted'>, peer: RegionId): Promise<number> {
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(peer) ?? []
      queue.push({ ...want, resolve, reject })
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
    const { ports, origin, requestRights } = this.#setting
    try {
      const reply = await requestRights(peer, {
        requestId: Buffer.from(ports.random.bytes(16)).toString('hex'),
        to: origin(),
        items: demandOf(batch),
      })
      // The next request need not wait until this gift has arrived.
      void this.#arrive(batch, reply)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  async #arrive(batch: readonly Asked[], reply: RightsReply): Promise<void> {
    const { ports, reach } = this.#setting
    try {
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

/** What a batch takes together: our own units, on which each of them counted, can be had only once. */
function demandOf(batch: readonly Asked[]): RightsRequest['items'] {
  const bySku = new Map<string, { units: number; largest: number }>()
  for (const { sku, units, counted } of batch) {
    const sum = bySku.get(sku) ?? { units: 0, largest: 0 }
    bySku.set(sku, { units: sum.units + units + counted, largest: Math.max(sum.largest, counted) })
  }
  return [...bySku].map(([sku, { units, largest }]) => ({ sku, units: units - largest }))
}
