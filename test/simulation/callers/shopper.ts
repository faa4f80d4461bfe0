// A caller with a session: sends commands through gateways and asks again with the same key until the answer is final,
// as the SDK does, and reads back what it was told, in whichever region (read your writes, monotonic reads).

import { decodeToken, encodeToken } from '@causeway/schema/clock/causal-token'
import { covers, mergeVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { JsonObject } from '@causeway/schema/json'
import { Violation } from '../checkers/violation.ts'
import type { SeededRandom } from '../random.ts'
import type { Trace } from '../trace.ts'
import type { VirtualTime } from '../virtual-time.ts'
import type { CommandName } from './catalogue.ts'
import { principal, type Reply } from './door.ts'
import type { VirtualGateway } from './gateway.ts'
import type { Answer, Asked, Told } from './told.ts'

export interface ShopperSetting {
  readonly name: string
  readonly gateways: readonly VirtualGateway[]
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly trace: Trace
  readonly told: Told
  /** Hears what must not be: a violation, or an answer that no fault explains. */
  readonly report: (fault: unknown) => void
}

export interface Wish {
  readonly name: CommandName
  readonly input: JsonObject
  readonly key: string | null
  /** Asks this region alone, again and again; another one once it is retired. */
  readonly pinned?: string | undefined
  /** Says from the first that it may have been sent before. */
  readonly resent?: boolean
  /** False: one of several who ask the same without knowing of each other. */
  readonly careful?: boolean
}

/** A caller's own pause before it asks again, at least and at most. */
const pauseMs = [300, 2_000] as const
/** Reads that come too early are asked again so often; then the session gives up on its token. */
const readsAtMost = 6

export class Shopper {
  readonly #setting: ShopperSetting
  #token: VersionVector = {}
  /** By order, the facts that this session has seen, and its token covers. */
  readonly #seen = new Map<string, ReadonlySet<string>>()

  constructor(setting: ShopperSetting) {
    this.#setting = setting
  }

  /** Resolves with the final answer, however often it takes to get one. */
  async ask({ name, input, key, pinned, resent = false, careful = true }: Wish): Promise<Answer> {
    const { told, trace } = this.#setting
    const fullKey = key === null ? null : `${principal.subject}:${key}`
    const asked = told.ask({ name, input, key: fullKey, careful })
    told.open += 1
    let isAgain = resent
    for (;;) {
      const headers = {
        ...(key !== null && { 'idempotency-key': key }),
        ...(isAgain && { 'causeway-resent': '1' }),
      }
      const at = pinned !== undefined && told.retired.has(pinned) ? undefined : pinned
      const reply = await this.#gateway().ask({ operation: { command: name, input }, headers, pinned: at })
      const answer = reply && this.#answerIn(reply)
      const how = answer?.status === 'refused' ? `refused: ${answer.codes.join(' ')}` : answer?.status
      trace.note(
        () => `${this.#setting.name} ${name} ${JSON.stringify(input)} ${key ?? ''} -> ${how ?? wordsOf(reply)}`,
      )
      if (answer !== null) return this.#tell(asked, answer)
      isAgain = true
      await this.#pause()
    }
  }

  /** Reads an order that this session has placed or seen; throws where it sees less than before. */
  async read(order: string): Promise<void> {
    const { report, told } = this.#setting
    for (let count = 0; count < readsAtMost; count++) {
      const before = this.#token
      const token = encodeToken(before)
      const headers = { 'causeway-consistency': 'session', 'causeway-token': token }
      const reply = await this.#gateway().ask({ operation: { order }, headers })
      if (reply?.data) {
        try {
          this.#compare(order, before, reply.data)
        } catch (error) {
          report(error)
        }
        return
      }
      if (codeOf(reply) === 'TOKEN_LOST') {
        told.lostTokens.push(before)
        break
      }
      await this.#pause()
    }
    this.#token = {}
    this.#seen.clear()
  }

  /** The order is one of those that this session knows to exist. */
  knows(order: string): void {
    this.#seen.set(order, this.#seen.get(order) ?? new Set())
  }

  #compare(order: string, before: VersionVector, data: NonNullable<Reply['data']>): void {
    const after = decodeToken(data.token)
    if (!covers(after, before))
      throw new Violation('SESSION', `${this.#setting.name} read ${order} at less than its token`)
    const seen = this.#seen.get(order)
    const facts = new Set(data.order?.facts ?? [])
    if (seen !== undefined && data.order === null)
      throw new Violation('SESSION', `${this.#setting.name} does not find ${order}, which it has placed`)
    for (const fact of seen ?? [])
      if (!facts.has(fact)) throw new Violation('SESSION', `${this.#setting.name} no longer sees ${fact} of ${order}`)
    // An order that went with a lost disk, in a session that has begun anew, is none that was seen.
    if (data.order != null) this.#seen.set(order, facts)
    this.#token = mergeVectors(this.#token, after)
  }

  #tell(asked: Asked, answer: Answer): Answer {
    asked.answer = answer
    this.#setting.told.open -= 1
    this.#token = mergeVectors(this.#token, answer.token)
    return answer
  }

  /** Null where the answer is not final. */
  #answerIn(reply: Reply): Answer | null {
    const { data, errors } = reply
    const code = codeOf(reply)
    if (code === 'INTERNAL' || code === 'BAD_USER_INPUT')
      this.#setting.report(new Error(`an operation failed: ${errors?.[0]?.message}`))
    if (data === null) return null
    const token = decodeToken(data.token)
    if (data.result != null) return { status: 'accepted', token, result: data.result }
    return { status: 'refused', codes: (data.userErrors ?? []).map((error) => error.code), token }
  }

  #gateway(): VirtualGateway {
    return this.#setting.random.pick(this.#setting.gateways)
  }

  #pause(): Promise<void> {
    const { time, random } = this.#setting
    return new Promise((resolve) => time.after(random.integer(...pauseMs), resolve))
  }
}

function codeOf(reply: Reply | null): unknown {
  return reply?.errors?.[0]?.extensions?.code
}

function wordsOf(reply: Reply | null): string {
  return reply === null ? 'no region could answer' : (reply.errors ?? []).map(({ message }) => message).join(' ')
}
