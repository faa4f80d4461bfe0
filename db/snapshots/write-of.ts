// A document of a snapshot as the write that makes it: whole, where none was. Knows no store.

import type { DocumentWrite } from '../store.ts'
import type { SnapshotDocument } from './snapshots.ts'

export function writeOf({ snapshot, changes, marks, superseded, ...document }: SnapshotDocument): DocumentWrite {
  return {
    ...document,
    expectedHeads: [],
    newChanges: changes,
    ...(snapshot === null ? {} : { snapshot }),
    ...(marks.length === 0 && superseded === null ? {} : { fold: { marks, superseded } }),
  }
}
