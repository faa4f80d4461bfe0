// How long a region keeps what lies behind it, and how old a command may be that it still runs.

const hourMs = 3_600_000
const dayMs = 24 * hourMs

export interface HistoryRetention {
  /** Commits stay in the log at hand at least this long; then the stable ones move to the archive. */
  readonly logMs: number
  /** What is archived is served this long; a peer or subscriber that asks for older is told that it is gone. */
  readonly archiveMs: number
  /** A command whose key tells that it is older is refused: COMMAND_EXPIRED. The longest that a device may be offline. */
  readonly offlineMs: number
  /** Outcomes are kept this long; longer than `offlineMs` (I5). */
  readonly outcomesMs: number
  /** An idle region's few commits make a small segment; they are archived all the same, this much later. */
  readonly smallMs: number
  /** A document whose snapshot is smaller is not folded. */
  readonly foldBytes: number
  /** How often there is a look at what may move or go. */
  readonly roundMs: number
}

export const defaultRetention: HistoryRetention = Object.freeze({
  logMs: hourMs,
  archiveMs: 30 * dayMs,
  offlineMs: 30 * dayMs,
  outcomesMs: 45 * dayMs,
  smallMs: dayMs,
  foldBytes: 32 * 1024,
  roundMs: 30_000,
})

/** From the configuration's units. */
export function retentionOf(given: {
  readonly logHours: number
  readonly archiveDays: number
  readonly offlineDays: number
  readonly outcomeDays: number
}): HistoryRetention {
  return {
    ...defaultRetention,
    logMs: given.logHours * hourMs,
    archiveMs: given.archiveDays * dayMs,
    offlineMs: given.offlineDays * dayMs,
    outcomesMs: given.outcomeDays * dayMs,
  }
}
