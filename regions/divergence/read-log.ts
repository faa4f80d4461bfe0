// Reads the log of a region from where it is kept, past the archive, to a position, checking each commit (C9).

import type { Store } from '@causeway/db/store'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { LogCheck } from './log-check.ts'
import type { Pace } from './pace.ts'

const pageBytes = 1024 * 1024

export type LogSource = Pick<Store, 'commitsAfterPosition' | 'history'>

/** The check of a log from its floor on, nothing read yet. */
export async function openLog(store: LogSource, crypto: CommitCrypto): Promise<LogCheck> {
  const { position, vector } = await store.history.floor()
  return new LogCheck(crypto, position, vector)
}

/** Reads on to `position`; `sound` gets each commit that is. */
export async function readLog(
  store: LogSource,
  check: LogCheck,
  position: number,
  pace: Pace,
  sound: (commit: SealedCommit) => void = () => {},
): Promise<void> {
  while (check.position < position) {
    const page = await store.commitsAfterPosition(check.position, pageBytes)
    for (const stored of page) if (stored.position <= position && check.take(stored)) sound(stored.commit)
    if (page.length === 0) return
    await pace.pause()
  }
}
