// Reads the log of a region from where it is kept, past the archive, to a position, checking each commit (C9).

import { SpoiledSegment, type Store, type StoredCommit } from '@causeway/db/store'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { LogCheck } from './log-check.ts'
import type { Pace } from './pace.ts'

const pageBytes = 1024 * 1024
/** Checked in one go. A signature takes a tenth of a millisecond, and whoever calls the region waits until they are done. */
export const stepCommits = 8

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
    const page = await readPage(store, check)
    if (page === null) continue
    for (const [index, stored] of page.entries()) {
      if (stored.position <= position && check.take(stored)) sound(stored.commit)
      if ((index + 1) % stepCommits === 0 && index + 1 < page.length) await pace.pause()
    }
    if (page.length === 0) return
    await pace.pause()
  }
}

/** Null where what comes next cannot be read: the check has noted it, and goes on behind. */
async function readPage(store: LogSource, check: LogCheck): Promise<readonly StoredCommit[] | null> {
  try {
    return await store.commitsAfterPosition(check.position, pageBytes)
  } catch (error) {
    if (!(error instanceof SpoiledSegment) || error.lastPosition <= check.position) throw error
    check.spoiled(error.lastPosition)
    return null
  }
}
