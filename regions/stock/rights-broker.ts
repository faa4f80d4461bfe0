// Drives the rebalancer: counts demand, reads rows, sends requests to peers and waits for gifts, for sales that lack rights
// and ahead of need (S4). Who is asked for what decides rebalancer.ts; what this region gives, rights-giver.ts.

import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import type { Shortage, StockNeed } from '@causeway/schema/documents/command'
import { rightsByRegion } from '@causeway/schema/stock/levels'
import { mainLocation, rightsOf, type StockRow } from '@causeway/schema/stock/row'
import { type Ports, sleep } from '../ports.ts'
import type { RightsReply, RightsRequest } from '../replication/peer.ts'
import type { DemandBook } from './demand.ts'
import { stepRights } from './rebalancer.ts'
import { RightsCounts } from './rights-counts.ts'
import type { RightsGiver } from './rights-giver.ts'
import { type Known, openRights, type RightsAction, type RightsInput, type Sale } from './rights-state.ts'

export interface BrokerSetting {
  readonly ports: Ports
  readonly peers: readonly RegionId[]
  /** Those of them that belong to the cluster now: who has left is not asked. */
  readonly present: () => readonly RegionId[]
  readonly origin: () => Origin
  /** Wall milliseconds of the hybrid clock, so that every region orders waiting sales alike. */
  readonly hybridMs: () => number
  readonly demand: DemandBook
  readonly giver: Pick<RightsGiver, 'claim'>
  readonly requestRights: (peer: RegionId, request: RightsRequest) => Promise<RightsReply>
  readonly stock: (skus: readonly string[]) => Promise<readonly StockRow[]>
  /** False where the position was not applied by the deadline. */
  readonly reach: (
    position: { readonly origin: Origin; readonly sequence: number },
    deadlineAt: number,
  ) => Promise<boolean>
}

export interface Acquired {
  /** Of every SKU that was lacking something came: worth another try. */
  readonly helped: boolean
  /** Peers that could not be asked. */
  readonly unreachable: ReadonlySet<RegionId>
}

/** A command that is short, from the first time that it is until it is decided. */
export interface RightsClaim {
  /** Asks for what is missing and waits until it counts here, or the deadline. */
  acquire(shortages: readonly Shortage[], deadlineAt: number): Promise<Acquired>
  end(): void
}

/** An asking of one claim. */
interface Waiting {
  readonly claim: { isCounted: boolean }
  readonly settle: (acquired: Acquired) => void
}

/** A gift that was answered but is not here after this long is waited for no more; it counts whenever it arrives. */
const giftArrivalMs = 2_000
/** A peer that has not answered by then could not be asked. */
const answerMs = 2_500
/** A request that broke is sent once more, under its id: the gift is made once (S3). */
const retryMs = 100
/** Sales are let go by their deadlines, to within this. */
const expiryStepMs = 10
/** Weight of the newest round trip in their average. */
const newestShare = 0.2

export class RightsBroker {
  readonly #setting: BrokerSetting
  readonly #waiting = new Map<number, Waiting>()
  readonly #roundTripMs = new Map<RegionId, number>()
  readonly counts = new RightsCounts()
  #state
  #incoming: Sale[] = []
  #low = new Set<string>()
  #isScheduled = false
  #ids = 0
  readonly #expiries = new Set<number>()

  constructor(setting: BrokerSetting) {
    this.#setting = setting
    this.#state = openRights(setting.peers)
  }

  /** Sales that wait for rights. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Rows of this origin as a commit has left them. On the path of every sale: nothing is waited for, nothing read. */
  wrote(rows: Iterable<StockRow>): void {
    const { demand, ports, peers } = this.#setting
    if (peers.length === 0) return
    const nowMs = ports.clock.now()
    for (const row of rows) {
      if (demand.wrote(row.sku, row.cells.sold, rightsOf(row), nowMs)) this.#low.add(row.sku)
    }
    if (this.#low.size > 0) this.#schedule()
  }

  /** `needs`: all that the command takes. */
  claim(needs: readonly StockNeed[]): RightsClaim {
    const sinceMs = this.#setting.hybridMs()
    const release = this.#setting.giver.claim(needs, sinceMs)
    const startMs = this.#setting.ports.clock.now()
    const claim = { isCounted: false }
    return {
      acquire: (shortages, deadlineAt) => this.#acquire(claim, shortages, sinceMs, deadlineAt),
      end: () => {
        release()
        this.counts.waited(Math.max(0, this.#setting.ports.clock.now() - startMs))
      },
    }
  }

  #acquire(
    claim: Waiting['claim'],
    shortages: readonly Shortage[],
    sinceMs: number,
    untilMs: number,
  ): Promise<Acquired> {
    const { clock } = this.#setting.ports
    this.#ids += 1
    const id = this.#ids
    if (untilMs <= clock.now()) return Promise.resolve({ helped: false, unreachable: new Set(this.#setting.peers) })
    return new Promise((resolve) => {
      this.#waiting.set(id, { claim, settle: resolve })
      this.#expireAt(untilMs)
      this.#incoming.push({ id, sinceMs, untilMs, lines: shortages })
      this.#schedule()
    })
  }

  /** Those whose time ends within one step end together: one by one, each would cost a look at all of them. */
  #expireAt(untilMs: number): void {
    const { clock, timers } = this.#setting.ports
    const stepMs = untilMs + expiryStepMs - (untilMs % expiryStepMs)
    if (this.#expiries.has(stepMs)) return
    this.#expiries.add(stepMs)
    timers.after(stepMs - clock.now(), () => {
      this.#expiries.delete(stepMs)
      this.#step({ type: 'timer', untilMs: stepMs })
    })
  }

  /** What comes in one turn is looked at together. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      const sales = this.#incoming
      const low = [...this.#low]
      this.#incoming = []
      this.#low = new Set()
      if (sales.length > 0) this.#step({ type: 'sales', sales })
      if (low.length > 0) this.#step({ type: 'low', skus: low })
    })
  }

  #step(input: RightsInput): void {
    const { state, actions } = stepRights(this.#state, input, this.#setting.ports.clock.now())
    this.#state = state
    for (const action of actions) this.#do(action)
  }

  #do(action: RightsAction): void {
    const { demand, ports } = this.#setting
    switch (action.type) {
      case 'look':
        for (const sku of action.skus) demand.asking(sku, ports.clock.now())
        void this.#look(action.skus)
        break
      case 'ask':
        void this.#ask(action)
        break
      case 'over':
        demand.answered(action.sku, action.came, ports.clock.now())
        break
      case 'settle': {
        const { helped, unreachable } = action
        const waiting = this.#waiting.get(action.sale)
        this.#waiting.delete(action.sale)
        waiting?.settle({ helped, unreachable })
        break
      }
    }
  }

  async #look(skus: readonly string[]): Promise<void> {
    const { stock, ports, demand, present } = this.#setting
    // Where the rows cannot be read, every peer may have some.
    const rows = await stock(skus).catch((error: unknown) => {
      ports.logger.debug({ error: String(error) }, 'stock rows could not be read')
      return []
    })
    const bySku = new Map<string, StockRow[]>(skus.map((sku) => [sku, []]))
    for (const row of rows) bySku.get(row.sku)?.push(row)
    const peers = present()
    const held = new Map([...bySku].map(([sku, of]) => [sku, this.#heldOf(of, peers)]))
    this.#countDemand(held)
    const nowMs = ports.clock.now()
    const known = [...held].map(([sku, units]) => ({ sku, ...units, need: demand.need(sku, nowMs) }))
    this.#step({ type: 'looked', known })
  }

  #heldOf(rows: readonly StockRow[], peers: readonly RegionId[]): Pick<Known, 'held' | 'peers'> {
    const { origin } = this.#setting
    const own = rows.find(({ holder, location }) => holder === origin() && location === mainLocation)
    const known = new Map(rightsByRegion(rows).map(({ region, units }) => [region, units]))
    return {
      held: own === undefined ? 0 : rightsOf(own),
      peers: new Map(peers.map((peer) => [peer, known.get(peer) ?? 0])),
    }
  }

  /** Once for each claim. An order for more than there is says nothing of the demand to come. */
  #countDemand(held: ReadonlyMap<string, Pick<Known, 'held' | 'peers'>>): void {
    const { demand, ports } = this.#setting
    const { rounds, sales } = this.#state
    const totals = new Map([...held].map(([sku, known]) => [sku, totalOf(known)]))
    for (const id of new Set([...held.keys()].flatMap((sku) => rounds.get(sku)?.sales ?? []))) {
      const lines = (sales.get(id)?.lines ?? []).filter(({ sku }) => totals.has(sku))
      const claim = this.#waiting.get(id)?.claim
      if (claim === undefined || claim.isCounted) continue
      if (lines.some(({ sku, needed }) => needed > (totals.get(sku) ?? 0))) continue
      claim.isCounted = true
      for (const { sku, needed } of lines) demand.lacked(sku, needed, ports.clock.now())
    }
  }

  async #ask({ request, peer, items }: Extract<RightsAction, { type: 'ask' }>): Promise<void> {
    const { ports, origin, reach, demand } = this.#setting
    const requestId = Buffer.from(ports.random.bytes(16)).toString('hex')
    const startMs = ports.clock.now()
    try {
      const reply = await this.#send(peer, { requestId, to: origin(), items })
      if (reply.position) await reach(reply.position, ports.clock.now() + giftArrivalMs)
      demand.planFor(this.#longestRoundTrip(peer, ports.clock.now() - startMs))
      const given = new Map(reply.items.map(({ sku, units }) => [sku, units]))
      this.counts.answered(
        peer,
        [...given.values()].reduce((sum, units) => sum + units, 0),
      )
      this.#step({ type: 'answered', request, given })
    } catch (error) {
      this.counts.failed(peer)
      ports.logger.debug({ peer, error: String(error) }, 'a peer could not be asked for rights')
      this.#step({ type: 'failed', request })
    }
  }

  async #send(peer: RegionId, request: RightsRequest): Promise<RightsReply> {
    const { requestRights, ports } = this.#setting
    const send = () => this.#within(answerMs, requestRights(peer, request))
    try {
      return await send()
    } catch {
      await sleep(ports.timers, retryMs)
      return await send()
    }
  }

  #longestRoundTrip(peer: RegionId, newestMs: number): number {
    const before = this.#roundTripMs.get(peer) ?? newestMs
    this.#roundTripMs.set(peer, before + (newestMs - before) * newestShare)
    return Math.max(...this.#roundTripMs.values())
  }

  #within<Result>(limitMs: number, work: Promise<Result>): Promise<Result> {
    const { timers } = this.#setting.ports
    return new Promise((resolve, reject) => {
      const cancel = timers.after(limitMs, () => reject(new Error('no answer in time')))
      work.then(resolve, reject).finally(cancel)
    })
  }
}

function totalOf({ held, peers }: Pick<Known, 'held' | 'peers'>): number {
  return [...peers.values()].reduce((sum, units) => sum + Math.max(0, units), Math.max(0, held))
}
