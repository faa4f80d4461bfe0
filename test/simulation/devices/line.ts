// The way of one device to the gateways: requests over `fetch`, and a socket that speaks graphql-transport-ws, both in virtual time.
// It can be cut, lose answers, and be told that its token has expired. Knows no SDK and no story.

import type { VirtualGateway } from '../callers/gateway.ts'
import type { SimulatedCluster } from '../cluster.ts'
import type { SeededRandom } from '../random.ts'
import type { VirtualProcess } from '../virtual-process.ts'
import { type DeviceOperation, mutationIn } from './door.ts'
import { socketsOf } from './socket.ts'

export interface LineSetting {
  readonly name: string
  readonly cluster: SimulatedCluster
  readonly gateways: readonly VirtualGateway[]
  readonly random: SeededRandom
  readonly report: (fault: unknown) => void
}

/** From a device to a gateway, and back. */
const wayMs = [5, 40] as const
/** After this a line that carries nothing is taken for dead, as the SDK's pings would find it. */
export const silenceMs = 10_000

export class Line {
  readonly setting: LineSetting
  isCut = false
  /** Of the next answers so many are lost on the way back: what was asked has happened. */
  losesAnswers = 0
  /** Of the next requests so many are told that their token has expired. */
  rejects = 0

  constructor(setting: LineSetting) {
    this.setting = setting
  }

  /** As an address tells, which the device tries in turn. */
  urls(): readonly string[] {
    return this.setting.gateways.map((_, index) => `http://gateway-${index}.invalid/graphql`)
  }

  heal(): void {
    this.isCut = false
    this.losesAnswers = 0
    this.rejects = 0
  }

  /** `fetch` for a process of the device: nothing reaches it any more once it is dead. */
  fetchFor(process: VirtualProcess): typeof fetch {
    return async (url, init) => {
      await this.way(process)
      const operation = JSON.parse(String(init?.body)) as DeviceOperation
      const headers = (init?.headers ?? {}) as Readonly<Record<string, string>>
      const answer = await this.#orAborted(init?.signal ?? null, process, this.#ask(String(url), operation, headers))
      await this.way(process)
      if (this.losesAnswers > 0 && mutationIn(operation) !== undefined) {
        this.losesAnswers -= 1
        throw new TypeError('the answer was lost')
      }
      return answer
    }
  }

  /** A WebSocket constructor for a process of the device. */
  socketFor(process: VirtualProcess): unknown {
    return socketsOf(this, process)
  }

  /** One way, or an error where the line is cut; never, where the process is dead. */
  async way(process: VirtualProcess): Promise<void> {
    const { cluster, random } = this.setting
    await this.#passes(random.integer(...wayMs))
    await process.turn()
    if (!this.isCut) return
    await new Promise<void>((resolve) => cluster.time.after(silenceMs, resolve))
    await process.turn()
    throw new TypeError('the line is dead')
  }

  async #ask(url: string, operation: DeviceOperation, headers: Readonly<Record<string, string>>): Promise<Response> {
    if (this.rejects > 0 && mutationIn(operation) !== undefined) {
      this.rejects -= 1
      return Response.json(
        { errors: [{ message: 'expired', extensions: { code: 'UNAUTHENTICATED' } }] },
        { status: 401 },
      )
    }
    const { gateways } = this.setting
    const gateway = gateways[Number(/gateway-(\d+)/.exec(url)?.[1] ?? 0)]
    const name = mutationIn(operation)
    if (gateway === undefined || name === undefined) return Response.json({ data: { __typename: 'Query' } })
    const key = operation.variables?.input?.idempotencyKey ?? keyOfUnits(operation)
    const { authorization: _, ...known } = headers
    const reply = await gateway.ask({ operation, headers: { ...known, 'idempotency-key': key } })
    if (reply === null)
      return Response.json({ errors: [{ message: 'no region', extensions: { code: 'REGION_UNAVAILABLE' } }] })
    const extensions = { causeway: { token: reply.data?.token ?? null } }
    const errors = reply.errors === undefined ? {} : { errors: reply.errors }
    return Response.json({ data: reply.data === null ? null : { [name]: reply.data.result }, ...errors, extensions })
  }

  #passes(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.setting.cluster.time.after(delayMs, resolve))
  }

  #orAborted<Answer>(signal: AbortSignal | null, process: VirtualProcess, answer: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => process.do(() => reject(new TypeError('aborted'))))
      answer.then(
        (value) => process.do(() => resolve(value)),
        (error: unknown) => process.do(() => reject(error)),
      )
    })
  }
}

/** Units have their own names: what they are sent under tells a gateway that they may be sent again. */
function keyOfUnits({ variables }: DeviceOperation): string {
  const units: readonly unknown[] = Array.isArray(variables?.input?.units) ? variables.input.units : []
  const first = units[0]
  return typeof first === 'object' && first !== null && 'id' in first ? String(first.id) : 'units'
}
