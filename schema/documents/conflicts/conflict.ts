// What a conflict is: two concurrent changes of one field or rule, as they stand in the conflict log. The log is a
// function of the set of changes alone, so it is the same in every region that holds the same. Knows no change's bytes.

import { formatTime, type HybridTime } from '../../clock/hybrid-clock.ts'
import type { RegionId } from '../../clock/origin.ts'
import { ByteWriter } from '../../commit/bytes.ts'
import { toHex } from '../../hex.ts'
import type { Json } from '../../json.ts'
import type { Sha256 } from '../change-bytes.ts'
import { compareText, compareWritten } from '../register.ts'

/** One side of a pair: what one change said, and where and when it was written. */
export interface ConflictSide {
  /** Hex hash of the change as its commit carried it, whatever a fold has made of it since. */
  readonly change: string
  /** Null where the change removed what was there. */
  readonly value: Json
  readonly time: HybridTime
  readonly region: RegionId
}

export interface ConflictPair {
  /** Hex, derived from all the others: the same in every region. */
  readonly id: string
  readonly kind: string
  /** Id of the document. */
  readonly document: string
  /** Of the field or rule, e.g. `title` or `variants/85123A`. */
  readonly path: string
  /** Name of the policy that settled it (policies.ts). */
  readonly policy: string
  /** By time, then region, then change. */
  readonly earlier: ConflictSide
  readonly later: ConflictSide
}

/**
 * Of the pairs of one path these many newest are kept. Which those are does not depend on the order in which pairs came
 * in, so the bound is the same everywhere, and the log follows the number of fields, not their age.
 */
export const pairsKeptPerPath = 64

const idCharacters = 32

/** A side as its change says it: the mark tells apart what one change says twice about a path. */
export interface SaidSide extends ConflictSide {
  readonly mark: string
  readonly policy: string
}

/** The two sides in their order, under their id; the later one names the policy. */
export function makePair(
  at: Pick<ConflictPair, 'kind' | 'document' | 'path'>,
  left: SaidSide,
  right: SaidSide,
  sha256: Sha256,
): ConflictPair {
  const [earlier, later] = compareSides(left, right) <= 0 ? [left, right] : [right, left]
  const { kind, document, path } = at
  const parts = [kind, document, path, earlier.change, earlier.mark, later.change, later.mark]
  const text = new ByteWriter()
  text.rawText(JSON.stringify(parts))
  const id = toHex(sha256(text.view())).slice(0, idCharacters)
  return { kind, document, id, path, policy: later.policy, earlier: sideOf(earlier), later: sideOf(later) }
}

function sideOf({ change, value, time, region }: ConflictSide): ConflictSide {
  return { change, value, time, region }
}

export function compareSides(left: ConflictSide, right: ConflictSide): number {
  return compareWritten(left, right) || compareText(left.change, right.change)
}

/** Where a pair stands among all: by its later time, then its earlier one, then its id. Fixed width, sorts as text. */
export function placeOf({ earlier, later, id }: ConflictPair): string {
  return `${formatTime(later.time)}${formatTime(earlier.time)}${id}`
}

/** The newest last. */
export function comparePairs(left: ConflictPair, right: ConflictPair): number {
  return compareText(placeOf(left), placeOf(right))
}

/** Each pair once, of every path the newest. */
export function keepNewest(pairs: Iterable<ConflictPair>): readonly ConflictPair[] {
  const byPath = new Map<string, Map<string, ConflictPair>>()
  for (const pair of pairs) {
    const key = pathKey(pair)
    const known = byPath.get(key)
    if (known === undefined) byPath.set(key, new Map([[pair.id, pair]]))
    else known.set(pair.id, pair)
  }
  return [...byPath.values()].flatMap((known) => {
    if (known.size <= pairsKeptPerPath) return [...known.values()]
    return [...known.values()].sort(comparePairs).slice(-pairsKeptPerPath)
  })
}

/** One text per path of a document, unique: no part holds a control character. */
export function pathKey({ kind, document, path }: Pick<ConflictPair, 'kind' | 'document' | 'path'>): string {
  return `${kind}\u0000${document}\u0000${path}`
}
