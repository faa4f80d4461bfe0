// A gateway in the simulation: the gateway's own fleet, health, choice of region, retry budget and forwarding, over
// virtual connections and virtual time. Knows no workload.

import type { AttemptOutcome, AttemptRequest } from '@causeway/gateway/routing/attempt'
import { Fleet } from '@causeway/gateway/routing/fleet'
import { Forwarder } from '@causeway/gateway/routing/forward'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { SimulatedCluster } from '../cluster.ts'
import { Unreached } from '../exchange.ts'
import type { VirtualProcess } from '../virtual-process.ts'
import { answerAtDoor, type DoorRequest, type Operation, type Reply } from './door.ts'

export interface GatewaySetting {
  readonly id: string
  readonly cluster: SimulatedCluster
  /** The region it stands in. */
  readonly own: RegionId
  readonly report: (fault: unknown) => void
  /** What a node's door does with what is asked; by default what callers ask. */
  readonly door?: typeof answerAtDoor
  /** Hears every answer of a node before it leaves the node. */
  readonly onAnswer: (region: RegionId, reply: Reply) => void
}

export interface Asking {
  /** Anything else than an operation is for a door of its own. */
  readonly operation: Operation | { readonly query: string }
  readonly headers: Readonly<Record<string, string>>
  readonly pinned?: RegionId | undefined
}

/** As `causeway gateway` sets them by default. */
const deadlineMs = 10_000
const attemptMs = 4_000
const probeEveryMs = 1_000
const probeTimeoutMs = 1_000

/** All that a process of the gateway knows. */
interface Life {
  readonly fleet: Fleet
  readonly forwarder: Forwarder
  readonly over: AbortController
  /** Break off what is under way. */
  readonly attempts: Set<() => void>
}

export class VirtualGateway {
  readonly #setting: GatewaySetting
  #life: Life
  #isDown = false

  constructor(setting: GatewaySetting) {
    this.#setting = setting
    this.#life = this.#begin()
  }

  /** The regions' answer; null where none could give one, and where the gateway is down or dies meanwhile. */
  async ask({ operation, headers, pinned }: Asking): Promise<Reply | null> {
    if (this.#isDown) return null
    const { time } = this.#setting.cluster
    const { fleet, forwarder, over } = this.#life
    try {
      const answer = await forwarder.forward({
        body: JSON.stringify(operation),
        headers,
        order: fleet.order(pinned),
        pinned,
        safe: true,
        deadlineAt: time.now() + deadlineMs,
        signal: over.signal,
      })
      return JSON.parse(answer.head.toString('utf8')) as Reply
    } catch {
      return null
    }
  }

  close(): void {
    this.#end(this.#life)
  }

  /** kill -9: what is under way is answered by nobody. Another process opens in its place, and knows nothing of this one. */
  die(downMs: number): void {
    const { cluster, id } = this.#setting
    if (this.#isDown) return
    cluster.trace.note(() => `${id} is killed`)
    this.#isDown = true
    this.#end(this.#life)
    cluster.time.after(downMs, () => {
      this.#life = this.#begin()
      this.#isDown = false
    })
  }

  #begin(): Life {
    const { cluster, own } = this.#setting
    const { members, time } = cluster
    const addresses = members.map((id) => ({ id, url: `http://${id}.invalid` }))
    const fleet = new Fleet(addresses, own, time)
    const attempts: Life['attempts'] = new Set()
    const forwarder = new Forwarder({
      fleet,
      clock: time,
      attemptMs,
      attempt: (request) => this.#attempt(request, attempts),
      pause: (delayMs) => new Promise((resolve) => time.after(delayMs, resolve)),
    })
    const life = { fleet, forwarder, over: new AbortController(), attempts }
    for (const member of members) this.#probe(member, life)
    return life
  }

  #end({ fleet, over, attempts }: Life): void {
    over.abort()
    for (const breakOff of attempts) breakOff()
    void fleet.close()
  }

  #attempt(
    { region, body, headers, timeoutMs, signal }: AttemptRequest,
    attempts: Life['attempts'],
  ): Promise<AttemptOutcome> {
    const { cluster, id } = this.#setting
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve({ kind: 'cancelled' })
        return
      }
      const cancel = cluster.time.after(timeoutMs, () =>
        settle({ kind: 'slow', why: `no answer within ${Math.round(timeoutMs)} ms` }),
      )
      const settle = (outcome: AttemptOutcome) => {
        cancel()
        attempts.delete(breakOff)
        resolve(outcome)
      }
      const breakOff = () => settle({ kind: 'cancelled' })
      attempts.add(breakOff)
      const request = { body: String(body), headers }
      cluster.network
        .request(id, region, isRepeatable(headers), (process) => this.#serve(region, process, request))
        .then(
          (reply) => {
            const head = Buffer.from(JSON.stringify(reply))
            settle({ kind: 'answered', answer: { region, status: 200, headers: {}, head, rest: null } })
          },
          (error: unknown) => {
            const reached = !(error instanceof Unreached) || error.reached
            settle({ kind: 'lost', reached, why: error instanceof Error ? error.message : String(error) })
          },
        )
    })
  }

  async #serve(id: RegionId, process: VirtualProcess, request: DoorRequest): Promise<Reply> {
    const { cluster, report, onAnswer, door = answerAtDoor } = this.#setting
    const node = cluster.nodeIn(process)
    if (node?.region == null) throw new Unreached(false)
    const reply = await door(node.region, node.ports, request, report)
    await process.turn()
    onAnswer(id, reply)
    return reply
  }

  /** At a steady pace, as the gateway's prober does: an answer is a sample, none in time is a loss. */
  #probe(region: RegionId, life: Life): void {
    const { cluster, id } = this.#setting
    const { time } = cluster
    const askedMs = time.now()
    let isSettled = false
    const note = (input: Parameters<Fleet['note']>[1]) => {
      if (isSettled) return
      isSettled = true
      life.fleet.note(region, input)
    }
    const cancel = time.after(probeTimeoutMs, () => note({ kind: 'lost', why: 'no answer in time' }))
    cluster.network
      .request(id, region, true, async (process) => process.turn())
      .then(
        () => note({ kind: 'sample', latencyMs: time.now() - askedMs }),
        () => note({ kind: 'lost', why: 'refuses connections' }),
      )
      .finally(cancel)
    time.after(probeEveryMs, () => {
      if (!life.over.signal.aborted) this.#probe(region, life)
    })
  }
}

/** What a proxy on the way may send again. */
function isRepeatable(headers: DoorRequest['headers']): boolean {
  return headers['idempotency-key'] !== undefined || headers['causeway-consistency'] !== undefined
}
