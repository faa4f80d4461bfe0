import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { watchHistory } from './metrics.ts'

const history = {
  logCommits: 7,
  logBytes: 8_192,
  archivedSegments: 2,
  archivedCommits: 4_000,
  archivedBytes: 4_000_000,
  storedBytes: 1_000_000,
  outcomes: 12,
  movedCommits: 2_000,
  movedBytes: 2_000_000,
  droppedSegments: 1,
  prunedOutcomes: 3,
  foldedDocuments: 5,
  madeSnapshots: 2,
  installedSnapshots: 1,
  abandonedSnapshots: 4,
  missingPages: 80,
}

it('an operator sees how large log and archive are, and still does when the database is away', async () => {
  const registry = new Registry()
  let isAway = false
  watchHistory({ history: () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(history)) }, registry)
  const text = await registry.metrics()
  expect(text).toContain('causeway_log_commits 7\n')
  expect(text).toContain('causeway_archive_bytes 1000000\n')
  expect(text).toContain('causeway_snapshot_missing_pages 80\n')
  expect(text).toContain('causeway_snapshots_abandoned_total 4\n')
  expect(text).toContain('causeway_history_archived_commits_total 2000\n')
  isAway = true
  expect(await registry.metrics()).toBe(text)
})
