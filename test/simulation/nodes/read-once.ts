// What the bytes of a commit say, read once for all regions, nodes and checkers of a simulation: they have the very same bytes, and
// what is read is never changed. Who reads other bytes, without a section or of a liar, reads them anew.

import { sha256 } from '@causeway/regions/crypto'
import type { Commit, SealedCommit } from '@causeway/schema/commit/commit'
import { readWhole } from '@causeway/schema/documents/whole-changes'

const known = new WeakMap<Uint8Array, Commit>()

/** Throws CodecError. */
export function readOnce(sealed: SealedCommit): Commit {
  const before = known.get(sealed.bytes)
  if (before !== undefined) return before
  const commit = readWhole(sealed, sha256)
  known.set(sealed.bytes, commit)
  return commit
}
