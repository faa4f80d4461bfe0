// The part of the store port that shows one moment: whatever is written meanwhile, every read of a view sees the same, and
// the view says which frontier that is. So an answer of several reads can name exactly what it reflects.

import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { ConflictLog } from './conflicts.ts'
import type { Store } from './store.ts'

/** Where the region stood at the moment. */
export interface Moment {
  readonly frontier: VersionVector
  readonly time: HybridTime
}

export interface StoreView extends Pick<Store, 'load' | 'find' | 'count' | 'commitsInOrder'> {
  /** Rejects where the view could not be opened, as its reads then do. */
  readonly moment: Promise<Moment>
  readonly conflicts: Pick<ConflictLog, 'newest' | 'at' | 'find' | 'count'>
  /** Lets go of what the view holds, a connection for one. Reads after it are refused. */
  end(): void
}

/** Views of one store that wait for a connection; a further one is refused, to be asked again. */
export const maximumWaitingViews = 1_000
