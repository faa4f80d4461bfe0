// What a region tells Prometheus of its history: how large log and archive are, and what the archivist of this node has
// done. Read from the region when it is asked for, once for all of them.

import { Counter, Gauge, type Registry } from 'prom-client'
import type { Region } from '../region.ts'

type History = Awaited<ReturnType<Region['history']>>

interface Shown {
  readonly name: string
  readonly help: string
  readonly read: (history: History) => number
}

const gauges: readonly Shown[] = [
  {
    name: 'causeway_log_commits',
    help: 'Commits in the log at hand, which have not moved to the archive.',
    read: ({ logCommits }) => logCommits,
  },
  {
    name: 'causeway_log_bytes',
    help: 'What the database takes for the log at hand, indexes included.',
    read: ({ logBytes }) => logBytes,
  },
  {
    name: 'causeway_snapshot_missing_pages',
    help: 'Pages still to come of the snapshot that is taken in; 0 where none is.',
    read: ({ missingPages }) => missingPages,
  },
  { name: 'causeway_archive_commits', help: 'Commits in the archive.', read: ({ archivedCommits }) => archivedCommits },
  {
    name: 'causeway_archive_bytes',
    help: 'The archive as it is stored, compressed.',
    read: ({ storedBytes }) => storedBytes,
  },
  {
    name: 'causeway_outcomes',
    help: 'Outcomes of keyed commands that are kept, as the database estimates them.',
    read: ({ outcomes }) => outcomes,
  },
]

const counters: readonly Shown[] = [
  {
    name: 'causeway_history_archived_commits_total',
    help: 'Commits that this node moved to the archive.',
    read: ({ movedCommits }) => movedCommits,
  },
  {
    name: 'causeway_history_archived_bytes_total',
    help: 'Their bytes, not compressed.',
    read: ({ movedBytes }) => movedBytes,
  },
  {
    name: 'causeway_history_dropped_segments_total',
    help: 'Archived segments that this node dropped at the end of their retention.',
    read: ({ droppedSegments }) => droppedSegments,
  },
  {
    name: 'causeway_history_folded_documents_total',
    help: 'Documents that this node has folded.',
    read: ({ foldedDocuments }) => foldedDocuments,
  },
  {
    name: 'causeway_history_pruned_outcomes_total',
    help: 'Outcomes that this node forgot at the end of their retention.',
    read: ({ prunedOutcomes }) => prunedOutcomes,
  },
  {
    name: 'causeway_snapshots_made_total',
    help: 'Snapshots that this node made for peers that the log does not bring up to date.',
    read: ({ madeSnapshots }) => madeSnapshots,
  },
  {
    name: 'causeway_snapshots_installed_total',
    help: 'Snapshots of peers that this node put in the place of the state.',
    read: ({ installedSnapshots }) => installedSnapshots,
  },
  {
    name: 'causeway_snapshots_abandoned_total',
    help: 'Snapshots of peers that this node gave up.',
    read: ({ abandonedSnapshots }) => abandonedSnapshots,
  },
]

export function watchHistory(region: Pick<Region, 'history'>, registry: Registry): void {
  let reading: Promise<History | null> | null = null
  // A database that is away must not cost the other metrics of the page: these keep their last values then.
  const history = (): Promise<History | null> => {
    reading ??= region
      .history()
      .catch(() => null)
      .finally(() => {
        reading = null
      })
    return reading
  }
  const registers = [registry]
  for (const { name, help, read } of gauges) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers,
      collect: async () => {
        const found = await history()
        if (found !== null) gauge.set(read(found))
      },
    })
  }
  for (const { name, help, read } of counters) {
    const counter: Counter = new Counter({
      name,
      help,
      registers,
      collect: async () => {
        const found = await history()
        if (found === null) return
        counter.reset()
        counter.inc(read(found))
      },
    })
  }
}
