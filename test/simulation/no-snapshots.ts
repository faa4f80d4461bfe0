// What a region says that makes no snapshots: those of the simulation that are no whole region.

import type { SnapshotCalls } from '@causeway/regions/replication/snapshot/snapshot-calls'

export const noSnapshots: SnapshotCalls = {
  offer: async () => ({ status: 'gone' }),
  page: async () => null,
  check: async () => ({ status: 'unable' }),
}
