// Finds documents whose history has outgrown their state, and folds them (C11). Runs on the one node that leads. Each document
// has one region that folds it; its home region where it has one. Two are made at once only while regions count different
// members, and come to one then (decision 0027).
//
// A region that was restored from a backup may have folded a document in a life that it does not remember. It folds nothing
// until every member has shown to hold a commit of this life: what a member held of the life before stands in the
// clock of the commit that shows it, so all that is left of that life has been applied here by then.

import type { Foldable, History } from '@causeway/db/history'
import type { Head } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import { kindOf } from '@causeway/schema/documents/registry'
import { stableVector } from '../settlement/stability.ts'
import type { HistoryRetention } from './retention.ts'

export interface FolderSetting {
  readonly region: RegionId
  readonly history: Pick<History, 'foldable'>
  readonly members: readonly RegionId[]
  readonly retention: HistoryRetention
  readonly head: () => Head
  readonly fold: (documents: readonly Foldable[]) => Promise<number>
}

/** Looked at in one step. */
const pageSize = 200
/** In one commit: a document of much history takes milliseconds, and other commits wait for it. */
const documentsPerCommit = 10
/** A snapshot is worth folding from this many times its state on. */
const growth = 4

export class Folder {
  folded = 0
  readonly #setting: FolderSetting
  #after: Foldable | null = null

  constructor(setting: FolderSetting) {
    this.#setting = setting
  }

  /** One step; true where another may find more to do. */
  async step(): Promise<boolean> {
    const { history, members, retention, head, fold } = this.#setting
    const now = head()
    const stable = stableVector(now, members)
    if (sequenceOf(stable, now.origin) === 0) return false
    const request = { stable, minimumBytes: retention.foldBytes, growth, after: this.#after, limit: pageSize }
    const found = await history.foldable(request)
    const own = found.filter((document) => this.#isOwn(document))
    const chosen = own.slice(0, documentsPerCommit)
    if (chosen.length > 0) this.folded += await fold(chosen)
    const isMore = own.length > chosen.length
    const last = isMore ? chosen.at(-1) : found.at(-1)
    this.#after = isMore || found.length === pageSize ? (last ?? null) : null
    return this.#after !== null
  }

  #isOwn({ kind, id }: Foldable): boolean {
    const { region, members } = this.#setting
    return kindOf(kind)?.home === true || folderOf(`${kind}/${id}`, members) === region
  }
}

/** The region that folds a document: the same in the eyes of every member, and each for its share of them. */
export function folderOf(key: string, members: readonly RegionId[]): RegionId | undefined {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193) >>> 0
  return members[hash % members.length]
}
