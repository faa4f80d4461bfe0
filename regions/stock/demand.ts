// What is sold of each SKU here, as a moving average, and what follows from it: the low-water mark at which more rights are
// asked for, and how many. Pure, the time comes in as an argument. It stands on the path of every sale: a look-up and a
// few sums for each row that a commit has written, nothing else.
//
// The mark is what is likely sold during a round trip: the mean, and three standard deviations of a compound Poisson
// demand, whose variance is the rate of the squared quantities. Below it so much is asked for that it lasts for a
// while, or for three marks where little is sold: between mark and target lies the hysteresis.

import type { Demand } from '@causeway/schema/stock/gifts'

/** What is watched at most; beyond it, what was not sold for longest is forgotten, and is new when it is sold again. */
export const maximumWatched = 20_000
/** Weight of a unit that was sold so long ago: 1/e. */
const averageMs = 10_000
/** How long the units that are asked for shall last. */
const coverMs = 20_000
const deviations = 3
/** Less of a unit than this counts as no demand: some half a minute after a single one. */
const quiet = 0.05
/** The round trip until one was measured, and the longest that is planned for: longer is a busy node, which asking for more makes busier. */
const defaultLeadMs = 300
const maximumLeadMs = 500
/** Pause after peers gave nothing for sales to come: doubled each time, up to the longest. */
const shortestPauseMs = 250
const longestPauseMs = 10_000
/** A request that nobody reported back about is given up then. */
const requestMs = 5_000
/** Units that were short are not counted a second time if they are sold within this. */
const shortMs = 5_000

const msPerHour = 3_600_000

export interface Need extends Demand {
  readonly target: number
}

export const noNeed: Need = Object.freeze({ low: 0, perHour: 0, target: 0 })

interface Watched {
  units: number
  squares: number
  atMs: number
  /** Sold in all by this origin, as its row last said; -1 until it was seen. */
  sold: number
  /** Counted when a sale was short, and not yet seen to be sold. */
  short: number
  shortUntilMs: number
  pauseMs: number
  askAgainMs: number
}

export class DemandBook {
  #young = new Map<string, Watched>()
  #old = new Map<string, Watched>()
  #leadMs = defaultLeadMs

  get watched(): number {
    return this.#young.size + this.#old.size
  }

  /** From asking for rights until they count here. */
  planFor(leadMs: number): void {
    this.#leadMs = Math.min(maximumLeadMs, Math.max(1, leadMs))
  }

  /** A commit has written the row: true where rights are below the mark, and it is time to ask. */
  wrote(sku: string, sold: number, rights: number, nowMs: number): boolean {
    const known = this.#find(sku)
    const watched = known ?? this.#begin(sku, nowMs)
    // How much of a row that was never seen is new, nobody knows: one unit, if any.
    const growth = watched.sold < 0 ? Math.min(1, sold) : Math.max(0, sold - watched.sold)
    watched.sold = sold
    if (growth > 0) {
      const counted = nowMs < watched.shortUntilMs ? Math.min(growth, watched.short) : 0
      watched.short -= counted
      count(watched, growth - counted, nowMs)
    }
    // A clock that was set back must not keep it from being asked for.
    const waitMs = watched.askAgainMs - nowMs
    if (waitMs > 0 && waitMs <= longestPauseMs) return false
    return rights < this.#lowOf(watched, nowMs)
  }

  /** A sale lacks rights: demand, whether or not it can be met. */
  lacked(sku: string, units: number, nowMs: number): void {
    const watched = this.#find(sku) ?? this.#begin(sku, nowMs)
    count(watched, units, nowMs)
    watched.short = (nowMs < watched.shortUntilMs ? watched.short : 0) + units
    watched.shortUntilMs = nowMs + shortMs
  }

  need(sku: string, nowMs: number): Need {
    const watched = this.#find(sku)
    if (watched === undefined) return noNeed
    const low = this.#lowOf(watched, nowMs)
    if (low === 0) return noNeed
    const rate = watched.units / averageMs
    return {
      low,
      perHour: Math.ceil(rate * msPerHour),
      target: Math.max(deviations * low, Math.ceil(rate * coverMs)),
    }
  }

  /** Rights of it are being asked for. */
  asking(sku: string, nowMs: number): void {
    const watched = this.#find(sku)
    if (watched !== undefined) watched.askAgainMs = nowMs + requestMs
  }

  /** What came of it. */
  answered(sku: string, units: number, nowMs: number): void {
    const watched = this.#find(sku)
    if (watched === undefined) return
    watched.pauseMs = units > 0 ? 0 : Math.min(longestPauseMs, Math.max(shortestPauseMs, watched.pauseMs * 2))
    watched.askAgainMs = nowMs + watched.pauseMs
  }

  #lowOf(watched: Watched, nowMs: number): number {
    fade(watched, nowMs)
    if (watched.units < quiet) return 0
    const share = this.#leadMs / averageMs
    return Math.ceil(watched.units * share + deviations * Math.sqrt(watched.squares * share))
  }

  #begin(sku: string, nowMs: number): Watched {
    const watched: Watched = {
      units: 0,
      squares: 0,
      atMs: nowMs,
      sold: -1,
      short: 0,
      shortUntilMs: 0,
      pauseMs: 0,
      askAgainMs: 0,
    }
    this.#keep(sku, watched)
    return watched
  }

  /** Two generations: a strict order of use would cost a removal and an insertion at every look. */
  #find(sku: string): Watched | undefined {
    const young = this.#young.get(sku)
    if (young !== undefined) return young
    const old = this.#old.get(sku)
    if (old === undefined) return undefined
    this.#old.delete(sku)
    this.#keep(sku, old)
    return old
  }

  #keep(sku: string, watched: Watched): void {
    this.#young.set(sku, watched)
    if (this.#young.size * 2 <= maximumWatched) return
    this.#old = this.#young
    this.#young = new Map()
  }
}

function count(watched: Watched, units: number, nowMs: number): void {
  fade(watched, nowMs)
  watched.units += units
  watched.squares += units * units
}

function fade(watched: Watched, nowMs: number): void {
  const passedMs = nowMs - watched.atMs
  if (passedMs <= 0) return
  const left = Math.exp(-passedMs / averageMs)
  watched.units *= left
  watched.squares *= left
  watched.atMs = nowMs
}
