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

export class VirtualGateway {
  readonly #setting: GatewaySetting
  readonly #fleet: Fleet
  readonly #forwarder: Forwarder
  #isClosed = false

  constructor(setting: GatewaySetting) {
    this.#setting = setting
    const { members, time } = setting.cluster
    const addresses = members.map((id) => ({ id, url: `http://${id}.invalid` }))
    this.#fleet = new Fleet(addresses, setting.own, time)
    this.#forwarder = new Forwarder({
      fleet: this.#fleet,
      clock: time,
      attemptMs,
      attempt: (request) => this.#attempt(request),
      pause: (delayMs) => new Promise((resolve) => time.after(delayMs, resolve)),
    })
    for (const member of members) this.#probe(member)
  }

  /** The regions' answer; null where none could give one. */
  async ask({ operation, headers, pinned }: Asking): Promise<Reply | null> {
    const { time } = this.#setting.cluster
    try {
      const answer = await this.#forwarder.forward({
        body: JSON.stringify(operation),
        headers,
        order: this.#fleet.order(pinned),
        pinned,
        safe: true,
        deadlineAt: time.now() + deadlineMs,
        signal: neverAborted,
      })
      return JSON.parse(answer.head.toString('utf8')) as Reply
    } catch {
      return null
    }
  }

  close(): void {
    this.#isClosed = true
    void this.#fleet.close()
  }

  #attempt({ region, body, headers, timeoutMs }: AttemptRequest): Promise<AttemptOutcome> {
    const { cluster, id } = this.#setting
    return new Promise((resolve) => {
      const cancel = cluster.time.after(timeoutMs, () =>
        resolve({ kind: 'slow', why: `no answer within ${Math.round(timeoutMs)} ms` }),
      )
      const settle = (outcome: AttemptOutcome) => {
        cancel()
        resolve(outcome)
      }
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
  #probe(region: RegionId): void {
    const { cluster, id } = this.#setting
    const { time } = cluster
    const askedMs = time.now()
    let isSettled = false
    const note = (input: Parameters<Fleet['note']>[1]) => {
      if (isSettled) return
      isSettled = true
      this.#fleet.note(region, input)
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
      if (!this.#isClosed) this.#probe(region)
    })
  }
}

/** What a proxy on the way may send again. */
function isRepeatable(headers: DoorRequest['headers']): boolean {
  return headers['idempotency-key'] !== undefined || headers['causeway-consistency'] !== undefined
}

const neverAborted = new AbortController().signal
