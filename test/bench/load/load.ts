// The load generator, a process of its own so that its processor time is known apart: sends lists of stock movements
// into every region over a few connections each. Slows down where the regions fall behind one another, as callers with
// patience do; says what was accepted. Started by bench.ts and told over its channel.

import { setTimeout as delay } from 'node:timers/promises'
import { Caller } from '../caller.ts'
import { recordStockMovements, skuOf } from '../shop.ts'
import type { LoadOrder, LoadReport, LoadWord } from './channel.ts'
import { Zipf } from './zipf.ts'

/** One in ten movements brings what the nine others sell, so that stock never runs out however long it goes on. */
const receiptEvery = 10
const head = JSON.stringify({ query: recordStockMovements }).slice(0, -1)

class RegionLoad {
  readonly #caller: Caller
  readonly #order: LoadOrder
  readonly #zipf: Zipf
  readonly latenciesMs: number[] = []
  accepted = 0
  /** Events that are on their way or were accepted since the backlog was last told. */
  #since = 0
  #backlog = 0
  #nextAt = performance.now()
  stopped = false

  constructor(url: string, order: LoadOrder) {
    this.#caller = new Caller(url, order.lanes)
    this.#order = order
    this.#zipf = new Zipf(order.skus)
  }

  told(backlog: number): void {
    this.#backlog = backlog
    this.#since = 0
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#order.lanes }, () => this.#lane()))
    await this.#caller.close()
  }

  async #lane(): Promise<void> {
    const { listSize } = this.#order
    for (;;) {
      const due = await this.#turn()
      if (this.stopped) return
      this.#since += listSize
      // Not in one statement: it would add to what was there before the wait, and lose what other lanes added meanwhile.
      const accepted = await this.#send()
      this.accepted += accepted
      this.latenciesMs.push(performance.now() - due)
    }
  }

  /** When the next list was due: by the schedule where there is a rate, else as soon as the backlog allows it. */
  async #turn(): Promise<number> {
    const { perSecond, backlogLimit, listSize } = this.#order
    if (perSecond !== null) {
      const due = this.#nextAt
      this.#nextAt += (listSize * 1_000) / perSecond
      const earlyMs = due - performance.now()
      if (earlyMs > 0) await delay(earlyMs)
      return due
    }
    while (!this.stopped && this.#backlog + this.#since > backlogLimit) await delay(5)
    return performance.now()
  }

  async #send(): Promise<number> {
    const data = await this.#caller.send(`${head},"variables":{"input":{"movements":[${this.#movements()}]}}}`)
    return (data.recordStockMovements as { accepted: number }).accepted
  }

  #movements(): string {
    const parts: string[] = []
    for (let index = 0; index < this.#order.listSize; index += 1) {
      const [kind, quantity] = index % receiptEvery === 0 ? ['RECEIPT', receiptEvery - 1] : ['SALE', 1]
      parts.push(`{"id":"m-${index}","sku":"${skuOf(this.#zipf.draw())}","kind":"${kind}","quantity":${quantity}}`)
    }
    return parts.join(',')
  }
}

function report(loads: ReadonlyMap<string, RegionLoad>): LoadReport {
  const { user, system } = process.cpuUsage()
  const all = [...loads.values()]
  return {
    type: 'report',
    accepted: all.reduce((sum, load) => sum + load.accepted, 0),
    processorMs: (user + system) / 1_000,
    latenciesMs: all.flatMap((load) => load.latenciesMs.splice(0)),
  }
}

/** Resolves when the word has left: a process that goes before loses what is long. */
const say = (word: LoadReport | { readonly type: 'failed'; readonly reason: string }) =>
  new Promise<void>((resolve) => process.send?.(word, () => resolve()))
const loads = new Map<string, RegionLoad>()
let finished: Promise<unknown> = Promise.resolve()

process.on('message', (word: LoadWord) => {
  switch (word.type) {
    case 'start': {
      for (const { id, url } of word.regions) loads.set(id, new RegionLoad(url, word))
      finished = Promise.all([...loads.values()].map((load) => load.run()))
      finished.catch((error: unknown) => void say({ type: 'failed', reason: String(error) }))
      return
    }
    case 'backlog':
      for (const [id, load] of loads) load.told(word.events[id] ?? 0)
      return
    case 'ask':
      void say(report(loads))
      return
    case 'stop':
      for (const load of loads.values()) load.stopped = true
      // What failed was said when it did.
      finished
        .then(() => say(report(loads)))
        .then(
          () => process.disconnect(),
          () => undefined,
        )
      return
    default:
      word satisfies never
  }
})
