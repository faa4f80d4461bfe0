// Which of some commits is stable, where all that is known of them is who wrote them and when. Facts of documents tell that
// and no sequence.

import type { Store } from '@causeway/db/store'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import type { CommitPlace } from '@causeway/schema/documents/command'
import type { Progress } from '../log/progress.ts'

interface Setting {
  readonly store: Pick<Store, 'history'>
  readonly progress: Pick<Progress, 'stable'>
}

/** The first that is stable by now; null where none is. Throws StoreError. */
export async function firstStable(
  { store: { history }, progress }: Setting,
  places: readonly CommitPlace[],
): Promise<CommitPlace | null> {
  for (const place of places) {
    const { origin } = place
    // One that has left the log at hand was stable then, or came in a snapshot, of which the log's floor tells how far it went.
    const sequence = (await history.sequenceAt(place)) ?? sequenceOf((await history.floor()).vector, origin)
    if (await progress.stable({ origin, sequence }, 0)) return place
  }
  return null
}
