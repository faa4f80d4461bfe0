// What a command is: pure code from documents and input to events and changes, or a refusal. A region runs it in its
// transaction, a device runs the very same code against its replica. Knows nothing of either.

import type { HybridTime } from '../clock/hybrid-clock.ts'
import type { Origin, RegionId } from '../clock/origin.ts'
import type { CommitEvent } from '../commit/commit.ts'
import type { Fencing } from '../fence/fencing.ts'
import type { Operators } from '../fence/order.ts'
import type { JsonObject } from '../json.ts'
import type { LeaseCheck } from '../stock/lease/entry.ts'
import type { StockRow } from '../stock/row.ts'
import type { DocumentEdits, DocumentKind, DocumentRef } from './document.ts'

export type UserErrorCode =
  | 'INVALID'
  | 'NOT_FOUND'
  | 'LIMIT_EXCEEDED'
  | 'IDEMPOTENCY_CONFLICT'
  | 'ILLEGAL_TRANSITION'
  | 'FORBIDDEN'
  | 'OUT_OF_STOCK'
  | 'STOCK_UNREACHABLE'
  | 'PRICE_CHANGED'
  | 'CURRENCY_MISMATCH'
  | 'PAYMENT_DECLINED'
  | 'RESIDENCY_VIOLATION'
  | 'LEASE_EXPIRED'
  | 'COMMAND_EXPIRED'

/** What the caller did wrong; `field` is the path in the input. */
export interface UserError {
  readonly code: UserErrorCode
  readonly message: string
  readonly field?: readonly string[]
  readonly sku?: string
  readonly available?: number
  readonly rights?: readonly { readonly region: RegionId; readonly units: number }[]
  /** Where entries of a lease are missing: the first one to send. */
  readonly leaseEntry?: number
}

export type Role = 'customer' | 'staff' | 'operator' | 'device'

/** Who asks. In development every caller is `development` with the role operator. */
export interface Principal {
  readonly subject: string
  readonly roles: readonly Role[]
  readonly region: RegionId | null
}

/** What must be loaded before `run`, which is synchronous. Asking for something else inside `run` throws. */
export interface Reads {
  /** Documents by kind and id. */
  readonly documents: readonly DocumentRef[]
  /** Ids whose use by any kind matters (ids are unique over kinds). */
  readonly ids: readonly string[]
  /** Documents by alias, e.g. `sku:85123A`. */
  readonly aliases: readonly string[]
  readonly skus: readonly string[]
  /** Keyed outcomes by full key; the command's own key is always loaded. */
  readonly keys: readonly string[]
}

/** One outcome of a key, with what its origin has done about it since (I2, I4). */
export interface KnownOutcome {
  readonly key: string
  readonly origin: Origin
  readonly sequence: number
  readonly time: HybridTime
  readonly inputDigest: string
  readonly accepted: boolean
  readonly command: string
  readonly result: JsonObject
  readonly resent: boolean
}

/** Names a commit as far as its facts tell: who wrote it, and when. */
export interface CommitPlace {
  readonly origin: Origin
  readonly time: HybridTime
}

export interface CommandContext {
  readonly region: RegionId
  readonly origin: Origin
  /** Every member, this one included, sorted by id. */
  readonly members: readonly RegionId[]
  /** The origin under which each member writes now to whom rights may be given; this one's among them. */
  readonly memberOrigins: Readonly<Record<RegionId, Origin>>
  /** What is fenced, what is to be, and what this region has taken over of it (S7). */
  readonly fencing: Fencing
  /** The commit's hybrid time. */
  readonly time: HybridTime
  readonly principal: Principal
  readonly resent: boolean
  /** The full key under which this command's outcome is kept; null where the caller gave none. */
  readonly key: string | null
  /** Same for the same key in every region, else unique; facts and lines are named after it. 26 characters. */
  readonly commandId: string
  view<View>(kind: DocumentKind<View>, id: string): View | undefined
  /** The kinds that use an id. */
  kindsOf(id: string): readonly string[]
  byAlias<View>(kind: DocumentKind<View>, alias: string): View | undefined
  /** The row of this origin; empty cells where there is none yet. */
  ownStock(sku: string): StockRow
  /** Rows of every holder that has one, this one included. */
  stock(sku: string): readonly StockRow[]
  outcomes(key: string): readonly KnownOutcome[]
  /** Whether that commit is stable. False, too, where nobody has looked: what hangs on it is then `pending`, and says so. */
  isStable(place: CommitPlace): boolean
  /** What a device has signed. */
  readonly leaseCheck: LeaseCheck
  /** Whose orders it takes to retire a region; null where an operator's word to this one is enough. */
  readonly operators: Operators | null
}

/** Growth of this origin's own cells of one SKU. All deltas ≥ 0. */
export interface StockEffect {
  readonly sku: string
  readonly location: string
  readonly received?: number
  readonly returned?: number
  readonly sold?: number
  readonly released?: number
  readonly shipped?: number
  readonly writtenOff?: number
  readonly given?: Readonly<Record<Origin, number>>
}

/** Units that the refused command lacked here; with them it may be run again. */
export interface Shortage {
  readonly sku: string
  readonly missing: number
  /** Units that the command takes in all: others that are short too cannot count on the rest. */
  readonly needed: number
  /** Fewer than so many would change nothing; left out: `needed`, for it takes all or none. */
  readonly least?: number
}

/**
 * Something to look at again: `order` settles what this origin owes for one fact of an order, `key` what it owes for
 * a keyed outcome, `lease` what it takes back of a lease. `when` is `now`, or `stable`: once the commit that created it is stable;
 * of another `writer`, all of its log that is applied by then.
 */
export interface ObligationDraft {
  readonly subject: 'order' | 'key' | 'lease'
  readonly id: string
  readonly item: string
  readonly when: 'now' | 'stable'
  readonly writer?: Origin
}

export type Decision =
  | {
      readonly status: 'accepted'
      /** May be empty where nothing changed; a keyed outcome is kept all the same. */
      readonly events: readonly CommitEvent[]
      readonly documents: readonly DocumentEdits[]
      readonly stock: readonly StockEffect[]
      readonly obligations: readonly ObligationDraft[]
      /** Rows of fenced holders that this origin takes over: what they give more counts for its own rows in `stock`. */
      readonly reclaimed: readonly Pick<StockRow, 'sku' | 'location' | 'holder' | 'cells'>[]
      readonly result: JsonObject
      /** Units for want of which a part of it is refused, as `result` says: with them it may be run again instead. */
      readonly shortages?: readonly Shortage[]
      /**
       * An accepted outcome to keep in the same commit besides the caller's own, under a key that starts with a colon:
       * what an internal command did, so that it does it once; or, with digest and command of theirs, under a caller's key.
       */
      readonly record?: {
        readonly key: string
        readonly result: JsonObject
        readonly inputDigest?: string
        readonly command?: string
      }
    }
  | {
      readonly status: 'refused'
      readonly errors: readonly UserError[]
      readonly shortages: readonly Shortage[]
      /**
       * Not the command's outcome, so nothing is kept. `refused`: the caller is told the errors, to bring more and ask again
       * under the same key. `pending`: it asks again as it is, for the answer hangs on what other regions have done.
       */
      readonly passing?: 'refused' | 'pending'
      /** Of what is `pending`: it can be decided once one of these is stable. */
      readonly until?: readonly CommitPlace[]
      /** Written all the same: proof of what the refusal is for. */
      readonly keeps?: Pick<Accepted, 'events' | 'documents'>
    }

export type Accepted = Extract<Decision, { status: 'accepted' }>

/** Units of a SKU that a command takes from this origin's rights. */
export interface StockNeed {
  readonly sku: string
  readonly units: number
}

/** A keyed hash of a text, hex: the same in every region of a cluster, and nowhere else to be made. */
export type ClaimHash = (text: string) => string

export interface CommandDefinition<Input> {
  readonly name: string
  /** Checks shape and bounds; what it refuses is refused everywhere and needs no record. */
  parse(input: unknown): { readonly input: Input } | { readonly errors: readonly UserError[] }
  /** What a region, which has the key, adds to a parsed input; a device runs the command without. */
  seal?(input: Input, claimHash: ClaimHash): Input
  reads(input: Input): Reads
  /**
   * Under what a command without an idempotency key is known all the same, e.g. the id of the order it places. A
   * refusal of a resent one is kept under it, so that the attempt that went unanswered cannot be accepted later (I3).
   */
  naturalKey?(input: Input): string
  /**
   * What of the input must be the same whenever a key is used again; left out, all of it. Proofs that come along may grow
   * from one attempt to the next.
   */
  identityOf?(input: Input): unknown
  /** SKUs whose rows `run` reads or changes besides those of `reads`; asked once what `reads` names is there. */
  skusOf?(known: Pick<CommandContext, 'view' | 'outcomes'>, input: Input): readonly string[]
  /** All that it takes: while it waits for what it lacks, as `run` tells, the rest of it is given to no younger sale. */
  needs?(input: Input): readonly StockNeed[]
  run(context: CommandContext, input: Input): Decision
}

export function refuse(...errors: readonly UserError[]): Extract<Decision, { status: 'refused' }> {
  return { status: 'refused', errors, shortages: [] }
}

export const noReads: Reads = Object.freeze({ documents: [], ids: [], aliases: [], skus: [], keys: [] })

/** An accepted decision; what is left out is empty. */
export function accept(parts: Partial<Omit<Accepted, 'status'>> & { readonly result: JsonObject }): Accepted {
  return { events: [], documents: [], stock: [], obligations: [], reclaimed: [], ...parts, status: 'accepted' }
}
