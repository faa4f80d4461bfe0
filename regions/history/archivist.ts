// Keeps the region's history from growing with its age (C11, I5): moves the stable part of the log to the archive, drops
// what is past its retention, forgets old outcomes, lets documents be folded. Runs on the one node that leads. Each step is a transaction of its own
// and small, with a pause behind it, so that commits never wait long; what a crash leaves undone the next round does.

import type { History } from '@causeway/db/history'
import type { Head } from '@causeway/db/store'
import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { Ports } from '../ports.ts'
import { stableVector } from '../settlement/stability.ts'
import type { Folder } from './folder.ts'
import type { HistoryRetention } from './retention.ts'

export interface ArchivistSetting {
  readonly history: Pick<History, 'archive' | 'dropSegment' | 'pruneOutcomes'>
  readonly members: readonly RegionId[]
  readonly ports: Ports
  readonly retention: HistoryRetention
  /** As this node knows it. */
  readonly head: () => Head
  readonly folder: Pick<Folder, 'step'>
}

/** Between two steps of a round. */
const pauseMs = 200
/** Steps of one round in which documents are looked at to be folded; what moves and goes is bounded by the pauses alone: 600 MB a minute. */
const foldingSteps = 10
/** Outcomes forgotten in one step. */
const outcomesPerStep = 2_000

/** What it has done since the node started. */
export interface ArchivistCounts {
  movedCommits: number
  movedBytes: number
  droppedSegments: number
  prunedOutcomes: number
}

export class Archivist {
  readonly counts: ArchivistCounts = { movedCommits: 0, movedBytes: 0, droppedSegments: 0, prunedOutcomes: 0 }
  readonly #setting: ArchivistSetting
  #cancel: (() => void) | null = null
  #isLeading = false
  #step: Promise<void> = Promise.resolve()

  constructor(setting: ArchivistSetting) {
    this.#setting = setting
  }

  start(): void {
    this.#isLeading = true
    this.#next(0, this.#setting.retention.roundMs)
  }

  /** Resolves when no step is under way any more. */
  async stop(): Promise<void> {
    this.#isLeading = false
    this.#cancel?.()
    this.#cancel = null
    await this.#step
  }

  #next(steps: number, delayMs: number): void {
    if (!this.#isLeading) return
    this.#cancel?.()
    this.#cancel = this.#setting.ports.timers.after(delayMs, () => {
      this.#cancel = null
      this.#step = this.#run(steps)
    })
  }

  async #run(steps: number): Promise<void> {
    let isMore = false
    try {
      isMore = await this.#work(steps < foldingSteps)
    } catch (error) {
      // The store is away, or another node did the same: nothing is lost, for a step stands whole or not at all.
      this.#setting.ports.logger.warn({ error: String(error) }, 'the log could not be archived; trying again')
    }
    if (isMore) this.#next(steps + 1, pauseMs)
    else this.#next(0, this.#setting.retention.roundMs)
  }

  /** True where another step may find more to do. */
  async #work(mayFold: boolean): Promise<boolean> {
    const { history, members, retention, ports, head } = this.#setting
    const stable = stableVector(head(), members)
    const ago = (ms: number): HybridTime => ({ wallMs: Math.max(0, ports.clock.now() - ms), counter: 0 })
    const before = ago(retention.logMs)
    const moved = await history.archive({ stable, before, smallBefore: ago(retention.logMs + retention.smallMs) })
    this.counts.movedCommits += moved.commits
    this.counts.movedBytes += moved.bytes
    const isDropped = await history.dropSegment(ago(retention.archiveMs))
    if (isDropped) this.counts.droppedSegments += 1
    const pruned = await history.pruneOutcomes({ stable, before: ago(retention.outcomesMs), limit: outcomesPerStep })
    this.counts.prunedOutcomes += pruned
    const isFolding = mayFold && (await this.#setting.folder.step())
    return isFolding || moved.commits > 0 || isDropped || pruned === outcomesPerStep
  }
}
