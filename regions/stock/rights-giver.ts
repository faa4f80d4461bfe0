// Answers peers that ask for rights: drives the gift queue, runs the command that gives, and keeps what this region's own
// waiting sales take. Knows nothing of how this region asks for rights itself.

import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { regionOf } from '@causeway/schema/clock/origin'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import type { StockNeed } from '@causeway/schema/documents/command'
import type { Demand } from '@causeway/schema/stock/gifts'
import type { GiveRightsInput } from '@causeway/schema/stock/give-rights'
import type { Committed } from '../committer/pending.ts'
import type { Ports } from '../ports.ts'
import type { RightsReply, RightsRequest } from '../replication/peer.ts'
import {
  type Claim,
  type GiftAction,
  type GiftInput,
  type GiftQueueState,
  holdMs,
  openGiftQueue,
  stepGifts,
} from './gift-queue.ts'

export interface GiverSetting {
  readonly region: RegionId
  readonly ports: Pick<Ports, 'clock' | 'timers'>
  readonly origin: () => Origin
  readonly need: (sku: string) => Demand
  /** Runs giveRights. */
  readonly give: (input: GiveRightsInput) => Promise<Committed>
}

interface Asked {
  readonly request: RightsRequest
  readonly resolve: (reply: RightsReply) => void
  readonly reject: (error: unknown) => void
  reply: RightsReply
  cancelLate: () => void
}

/** A peer that asks more than this at once is asked to come again: it bounds its own requests far below. */
export const maximumAsked = 5_000
/** Answers that are told again to the same request: it comes over both lines of a link, and one of them may stall. */
export const keptAnswers = 1_000

export class RightsGiver {
  readonly #setting: GiverSetting
  readonly #asked = new Map<number, Asked>()
  readonly #given = new Map<RegionId, number>()
  /** By request, under way or given, the oldest first. */
  readonly #answers = new Map<string, Promise<RightsReply>>()
  #state: GiftQueueState
  #ids = 0
  #begun: Claim[] = []
  #ended: number[] = []
  #isScheduled = false

  constructor(setting: GiverSetting) {
    this.#setting = setting
    this.#state = openGiftQueue(setting.region)
  }

  /** Requests that wait for older sales of this region. */
  get held(): number {
    return this.#state.held.size
  }

  /** Units given to each peer since this node started. */
  get given(): ReadonlyMap<RegionId, number> {
    return this.#given
  }

  /** A command that takes these units waits for rights. What is returned ends that. */
  claim(needs: readonly StockNeed[], sinceMs: number): () => void {
    this.#ids += 1
    const id = this.#ids
    const units = new Map(needs.map((need) => [need.sku, need.units]))
    this.#begun.push({ id, sinceMs, needs: units })
    this.#schedule()
    return () => {
      this.#ended.push(id)
      this.#schedule()
    }
  }

  /** Orders that come in one list are short, and decided, in one turn. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      const [begun, ended] = [this.#begun, this.#ended]
      this.#begun = []
      this.#ended = []
      this.#step({ type: 'claims', begun, ended })
    })
  }

  /** The same request is run once here, however often it comes. */
  answer(request: RightsRequest): Promise<RightsReply> {
    const { requestId } = request
    const known = this.#answers.get(requestId)
    if (known !== undefined) return known
    const answer = this.#take(request)
    this.#answers.set(requestId, answer)
    answer.catch(() => this.#answers.delete(requestId))
    const [oldest] = this.#answers.keys()
    if (this.#answers.size > keptAnswers && oldest !== undefined) this.#answers.delete(oldest)
    return answer
  }

  #take(request: RightsRequest): Promise<RightsReply> {
    const { clock } = this.#setting.ports
    if (this.#asked.size >= maximumAsked) return Promise.reject(new Error('too many requests for rights wait here'))
    this.#ids += 1
    const id = this.#ids
    return new Promise((resolve, reject) => {
      const nothing = { items: [], position: null }
      this.#asked.set(id, { request, resolve, reject, reply: nothing, cancelLate: () => {} })
      const from = regionOf(request.to)
      this.#step({ type: 'ask', ask: { id, from, untilMs: clock.now() + holdMs, items: request.items } })
    })
  }

  #step(input: GiftInput): void {
    const { state, actions } = stepGifts(this.#state, input, this.#setting.ports.clock.now())
    this.#state = state
    for (const action of actions) this.#do(action)
  }

  #do(action: GiftAction): void {
    const asked = this.#asked.get(action.id)
    if (asked === undefined) return
    asked.cancelLate()
    switch (action.type) {
      case 'give':
        void this.#give(action.id, asked, action.reserved)
        break
      case 'hold': {
        const { clock, timers } = this.#setting.ports
        const late = () => this.#step({ type: 'late', id: action.id })
        asked.cancelLate = timers.after(Math.max(0, action.untilMs - clock.now()), late)
        break
      }
      case 'answer':
        this.#asked.delete(action.id)
        asked.resolve(asked.reply)
        break
    }
  }

  async #give(id: number, asked: Asked, reserved: ReadonlyMap<string, number>): Promise<void> {
    const { need, give } = this.#setting
    const { requestId, to, items } = asked.request
    const own = (sku: string) => ({ ...demandOf(need(sku)), reserved: reserved.get(sku) ?? 0 })
    try {
      const input = { requestId, to, items: items.map(({ sinceMs: _, ...item }) => ({ ...item, own: own(item.sku) })) }
      const ruled = await give(input)
      asked.reply = this.#replyOf(ruled)
      const units = asked.reply.items.reduce((sum, item) => sum + item.units, 0)
      // Another node of this region may have given it: each line of a link reaches whichever it is led to.
      if (isNew(ruled)) this.#given.set(regionOf(to), (this.#given.get(regionOf(to)) ?? 0) + units)
      const lacks = units === 0 && items.some((item) => item.units > 0 && (reserved.get(item.sku) ?? 0) > 0)
      this.#step({ type: 'gave', id, lacks })
    } catch (error) {
      this.#asked.delete(id)
      this.#step({ type: 'gave', id, lacks: false })
      asked.reject(error)
    }
  }

  /** Where nothing was given, the position is of what this region knew: the other one refuses nobody before it knows as much. */
  #replyOf(ruled: Committed): RightsReply {
    if (ruled.status !== 'accepted') return { items: [], position: null }
    const origin = this.#setting.origin()
    const sequence = sequenceOf(ruled.token, origin)
    const items = ruled.result.items as RightsReply['items']
    return { items, position: sequence === 0 ? null : { origin, sequence } }
  }
}

/** A gift that had been given before changes nothing, so nothing was recorded. */
function isNew(ruled: Committed): boolean {
  return ruled.status === 'accepted' && ruled.position !== null
}

function demandOf({ low, perHour }: Demand): Demand {
  return { low, perHour }
}
