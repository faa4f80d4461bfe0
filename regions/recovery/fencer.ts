// What a region does about fences on its own account (S7), on its leading node: says how far it holds what is to be fenced,
// retires what it wrote under earlier incarnations (W8), and takes over what fenced origins leave behind: first their stock
// rows, then what their orders were owed. Each step is a commit of its own and may be done again.

import type { Head, Store } from '@causeway/db/store'
import { incarnationOf, type Origin, type RegionId } from '@causeway/schema/clock/origin'
import type { CommandDefinition } from '@causeway/schema/documents/command'
import { readFacts } from '@causeway/schema/documents/order/facts'
import { inheritOrders } from '@causeway/schema/documents/order/inherit'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { sayFenced, takeOver } from '@causeway/schema/fence/commands'
import { targetKey } from '@causeway/schema/fence/fence-log'
import { owedVotes } from '@causeway/schema/fence/fences'
import { reclaimStock } from '@causeway/schema/stock/reclaim'
import { rightsOf } from '@causeway/schema/stock/row'
import type { Ports } from '../ports.ts'
import type { Membership } from './membership.ts'

export interface FencerSetting {
  readonly region: RegionId
  readonly store: Pick<Store, 'find' | 'scanStock' | 'getSetting' | 'putSetting'>
  readonly ports: Pick<Ports, 'timers' | 'logger'>
  readonly head: () => Head
  readonly membership: Membership
  /** Runs an internal command. */
  readonly run: <Input>(command: CommandDefinition<Input>, input: Input) => Promise<unknown>
}

/** Rows that are looked at in one read, and taken over in one commit. */
const rowsPerPage = 2_000
const rowsPerCommit = 500
const ordersPerPage = 200
const retryMs = 1_000

export class Fencer {
  readonly #setting: FencerSetting
  #isRunning = false
  #again = false
  #isActive = false
  #cancel: (() => void) | null = null
  /** What this node knows to have been taken over. */
  readonly #done = new Set<Origin>()

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
  }

  /** To be called whenever the head has moved. */
  moved(): void {
    if (!this.#isActive || !this.#isNeeded()) return
    this.#again = true
    if (!this.#isRunning && this.#cancel === null) void this.#run()
  }

  #isNeeded(): boolean {
    const { membership } = this.#setting
    if (membership.end === 'retired') return false
    const { log, fences, estate } = membership.fencing
    const owes = log.retires.length > 0 && owedVotes(log, fences, this.#setting.region).length > 0
    return owes || this.#isTakingOver() || estate.some((origin) => !this.#done.has(origin))
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
    const { log, fences } = membership.fencing
    if (owedVotes(log, fences, this.#setting.region).length > 0) await run(sayFenced, {})
    for (const origin of membership.fencing.estate) if (!this.#done.has(origin)) await this.#inherit(origin)
  }

  async #inherit(origin: Origin): Promise<void> {
    const { store, head, ports } = this.#setting
    // Under another incarnation of its own a region takes over anew what an earlier one had.
    const mark = `inherited/${head().origin}/${origin}`
    if ((await store.getSetting(mark)) === null) {
      const rows = await this.#reclaimRows(origin)
      const orders = await this.#inheritOrders(origin)
      await store.putSetting(mark, 'done')
      ports.logger.warn({ origin, rows, orders }, `what ${origin} left behind its fence is taken over`)
    }
    this.#done.add(origin)
  }

  async #reclaimRows(origin: Origin): Promise<number> {
    const { store, run } = this.#setting
    let after: string | null = null
    let reclaimed = 0
    do {
      const page: Awaited<ReturnType<Store['scanStock']>> = await store.scanStock(after, rowsPerPage)
      const skus = page.rows
        .filter(({ holder, cells, givenIn }) => {
          const reserved = cells.sold - cells.released - cells.shipped
          return holder === origin && rightsOf({ cells, givenIn }) + Math.max(0, reserved) > 0
        })
        .map(({ sku }) => sku)
      for (let from = 0; from < skus.length; from += rowsPerCommit) {
        if (!this.#isActive) throw new Error('the node no longer leads')
        await run(reclaimStock, { from: origin, skus: skus.slice(from, from + rowsPerCommit) })
      }
      reclaimed += skus.length
      after = page.next
    } while (after !== null)
    return reclaimed
  }

  async #inheritOrders(origin: Origin): Promise<number> {
    const { store, run } = this.#setting
    const query = { kind: orderKind.name, first: ordersPerPage, descending: false }
    let after: { sortKey: string; id: string; rank: number } | undefined
    let inherited = 0
    for (;;) {
      const page = await store.find(after === undefined ? query : { ...query, after })
      const ids = page
        .filter(({ document }) => readFacts(document.state).some(({ fact }) => fact.origin === origin))
        .map(({ document }) => document.id)
      if (!this.#isActive) throw new Error('the node no longer leads')
      if (ids.length > 0) await run(inheritOrders, { from: origin, ids })
      inherited += ids.length
      const last = page.at(-1)
      if (last === undefined || page.length < ordersPerPage) return inherited
      after = { sortKey: last.document.index.sortKey, id: last.document.id, rank: last.rank }
    }
  }
}
