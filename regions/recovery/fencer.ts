// What a region does about fences on its own account (S7), on its leading node: says how far it holds what is to be fenced,
// retires what it wrote under earlier incarnations (W8), lets the log that was agreed on take the name of one that has signed two
// (C6), and has what fenced origins leave behind taken over. Each step is a commit of its own and may be done again.

import type { Head, Store } from '@causeway/db/store'
import { incarnationOf, type Origin, type RegionId } from '@causeway/schema/clock/origin'
import type { CommandDefinition } from '@causeway/schema/documents/command'
import { sayFenced, takeOver } from '@causeway/schema/fence/commands'
import { targetKey } from '@causeway/schema/fence/fence-log'
import { owedVotes } from '@causeway/schema/fence/fences'
import { putOffWords } from '@causeway/schema/fence/put-off'
import type { IncidentBook } from '../integrity/incident-book.ts'
import type { Ports } from '../ports.ts'
import { tellDebts } from './debts.ts'
import { type ForkedEndSetting, forkedEnds, takeEnd } from './forks/forked-end.ts'
import { inherit } from './inheritance.ts'
import type { Membership } from './membership.ts'

export interface FencerSetting extends ForkedEndSetting {
  readonly region: RegionId
  readonly store: Pick<Store, 'scanDocuments' | 'scanStock' | 'history' | 'getSetting' | 'putSetting'>
  readonly ports: Pick<Ports, 'timers' | 'logger'>
  readonly head: () => Head
  readonly membership: Membership
  readonly incidents: Pick<IncidentBook, 'raise'>
  /** Runs an internal command. */
  readonly run: <Input>(command: CommandDefinition<Input>, input: Input) => Promise<unknown>
  /** Asks every peer again for all that the frontier does not hold. */
  readonly resume: () => void
}

const retryMs = 1_000
/** Within moments others bring what a word is put off for, where they are in reach: of a longer wait its log tells. */
const putOffMs = 10_000

export class Fencer {
  readonly #setting: FencerSetting
  #isRunning = false
  #again = false
  #isActive = false
  #cancel: (() => void) | null = null
  /** While its word is put off. */
  #cancelPutOff: (() => void) | null = null
  /** For whose words it has been said that it waits. */
  #said = ''
  /** Marks of what this node knows to have been taken over. */
  readonly #done = new Set<string>()

  constructor(setting: FencerSetting) {
    this.#setting = setting
  }

  start(): void {
    this.#isActive = true
    this.moved()
  }

  stop(): void {
    this.#isActive = false
    this.#cancel?.()
    this.#cancel = null
    this.#cancelPutOff?.()
    this.#cancelPutOff = null
  }

  /** To be called whenever the head has moved. */
  moved(): void {
    if (!this.#isActive || !this.#isNeeded()) return
    this.#again = true
    if (!this.#isRunning && this.#cancel === null) void this.#run()
  }

  #isNeeded(): boolean {
    const { membership } = this.#setting
    if (membership.end === 'retired' || membership.isApart) return false
    const { log, fences, estate } = membership.fencing
    const owes = log.retires.length > 0 && this.#owes()
    const { decided } = fences
    const isForked = decided.length > 0 && forkedEnds(decided, this.#setting.head()).length > 0
    return owes || isForked || this.#isTakingOver() || estate.some((origin) => !this.#done.has(this.#markOf(origin)))
  }

  /** It has a word to say, and puts it off no longer. */
  #owes(): boolean {
    const { membership, region } = this.#setting
    if (owedVotes(membership.fencing.fences, region).length === 0) return false
    if (membership.limits.putOff === null) return true
    this.#awaitWords()
    return false
  }

  /** What others tell may end it as well as what they write, so it looks again in any case. */
  #awaitWords(): void {
    this.#cancelPutOff ??= this.#setting.ports.timers.after(putOffMs, () => {
      this.#cancelPutOff = null
      this.#sayPutOff()
      this.moved()
    })
  }

  /** Once for each such wait. */
  #sayPutOff(): void {
    const { membership, ports, region } = this.#setting
    const { putOff } = membership.limits
    const said = putOff === null ? '' : putOffWords(region, putOff)
    if (said !== '' && said !== this.#said) ports.logger.warn({ ...putOff }, said)
    this.#said = said
  }

  /** This incarnation is not the first, and the earlier ones are not yet retired. */
  #isTakingOver(): boolean {
    const { membership, head, region } = this.#setting
    const before = incarnationOf(head().origin)
    if (before === 1 || membership.end !== null) return false
    const { decided, open } = membership.fencing.fences
    return ![...decided, ...open].some(({ key }) => key === targetKey({ region, before }))
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    try {
      while (this.#again && this.#isActive) {
        this.#again = false
        await this.#step()
      }
    } catch (error) {
      this.#setting.ports.logger.warn({ error: String(error) }, 'fencing goes on in a moment')
      this.#cancel = this.#setting.ports.timers.after(retryMs, () => {
        this.#cancel = null
        this.moved()
      })
    } finally {
      this.#isRunning = false
    }
  }

  async #step(): Promise<void> {
    const { run, membership } = this.#setting
    if (this.#isTakingOver()) await run(takeOver, {})
    if (this.#owes()) await run(sayFenced, {})
    for (const [origin, end] of forkedEnds(membership.fencing.fences.decided, this.#setting.head()))
      await takeEnd(this.#setting, origin, end)
    for (const origin of membership.fencing.estate)
      if (!this.#done.has(this.#markOf(origin))) await this.#inherit(origin)
  }

  /**
   * Under another incarnation of its own a region takes over anew what an earlier one had. A further fence, and other members,
   * have all of the estate looked at once more: while it is not certain whose it is, nobody owes for it.
   */
  #markOf(origin: Origin): string {
    const { fences } = this.#setting.membership.fencing
    return `inherited/${this.#setting.head().origin}/${fences.decided.length} of ${fences.members.join()}/${origin}`
  }

  async #inherit(origin: Origin): Promise<void> {
    const { store, ports, run, incidents, resume } = this.#setting
    const mark = this.#markOf(origin)
    if ((await store.getSetting(mark)) === null) {
      const inherited = await inherit({ store, run, isActive: () => this.#isActive }, origin)
      await tellDebts(store, incidents, origin)
      await store.putSetting(mark, 'done')
      // What came from beyond the fence before was let go: it was not known yet that it is to be placed again from here.
      resume()
      ports.logger.warn({ origin, ...inherited }, `what ${origin} left behind its fence is taken over`)
    }
    this.#done.add(mark)
  }
}
