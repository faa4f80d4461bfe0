// A command on its way through the committer, and what can become of it. Knows neither queue nor storage.

import type { StoredDocument } from '@causeway/db/store'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { CommandDefinition, CommitPlace, Principal, Shortage, UserError } from '@causeway/schema/documents/command'
import type { JsonObject } from '@causeway/schema/json'

/** A command whose input has been parsed. Its type parameter is erased once it is queued. */
export interface PendingCommand {
  readonly definition: CommandDefinition<unknown>
  readonly input: unknown
  readonly principal: Principal
  /** Subject and idempotency key; null for a command without one. */
  readonly key: string | null
  /** Where a resent command without a key keeps its refusal (I3). */
  readonly naturalKey: string | null
  readonly inputDigest: string
  readonly commandId: string
  readonly resent: boolean
  /** False while peers may still be asked for rights: a shortage is then handed back unrecorded. */
  readonly final: boolean
  /** The obligation that is settled with it. */
  readonly settles: number | null
  /** Of what its last ruling hung on, what was found to be stable since. */
  readonly stable?: CommitPlace
}

/** Where the outcome stands in the log; null where nothing was recorded. */
export type OutcomePosition = { readonly origin: Origin; readonly sequence: number } | null

export type Ruling =
  | { readonly status: 'accepted'; readonly result: JsonObject; readonly position: OutcomePosition }
  | { readonly status: 'refused'; readonly errors: readonly UserError[]; readonly position: OutcomePosition }
  /** Peers may have what it lacks: nothing was decided. `errors`: what it would be refused with. */
  | { readonly status: 'short'; readonly shortages: readonly Shortage[]; readonly errors: readonly UserError[] }
  /** It hangs on what other regions have done: nothing was decided, and the caller is to ask again. `until`: one of these has to be stable. */
  | { readonly status: 'pending'; readonly until: readonly CommitPlace[] }
  /** This region was restored and does not know again all that it hangs on: nothing was decided, and another region is to be asked. */
  | { readonly status: 'elsewhere'; readonly region: RegionId }
  /** It needs rows that a command before it in the flush made it need: nothing was decided, the next flush will. */
  | { readonly status: 'again' }

/** By `kind/id`, documents as a commit leaves them. */
export type ChangedDocuments = ReadonlyMap<string, StoredDocument>

interface Reflecting {
  /** The frontier that it reflects. */
  readonly token: VersionVector
  /** What its flush has changed; empty where that has written nothing. */
  readonly changed: ChangedDocuments
}

/** A ruling that stands. */
export type Committed = Exclude<Ruling, { status: 'again' | 'elsewhere' }> & Reflecting

/** A ruling as a flush hands it back. */
export type Flushed = Ruling & Reflecting
