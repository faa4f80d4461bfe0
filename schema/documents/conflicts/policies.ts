// The policies that settle conflicts, by name, and which of several concurrent values stands under each. They say what
// the views already do (register.ts, order/fold.ts); nothing is decided here that a view does not decide.

import type { Json } from '../../json.ts'
import { type ConflictPair, type ConflictSide, compareSides } from './conflict.ts'
import { type CustomPolicy, policyNamed } from './custom.ts'

/** What a change says of one field or rule. */
export interface Touch {
  /** Of the field or rule within the document. */
  readonly path: string
  /** A built-in one, or the name of a custom one. */
  readonly policy: string
  /** Two concurrent touches of a path are a conflict where their marks differ: equal ones say the same. */
  readonly mark: string
  /** As it is shown to people; null where it was removed. */
  readonly value: Json
}

type Order = (left: ConflictSide, right: ConflictSide) => number

const newestFirst: Order = (left, right) => compareSides(right, left)
const isRemoval = ({ value }: ConflictSide) => (value === null ? 1 : 0)
const isEditOfText = ({ value }: ConflictSide) => (typeof value === 'string' ? 0 : 1)
const isShipment = ({ value }: ConflictSide) =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && 'kind' in value && value.kind === 'shipped'
    ? 0
    : 1

/** The standing value first, under each policy. */
const orders = {
  /** The last writer by hybrid time, then region. */
  'last-writer': newestFirst,
  /** An addition survives a removal; of two additions the last writer's stands. */
  'add-wins': (left, right) => isRemoval(left) - isRemoval(right) || newestFirst(left, right),
  /** All stand, each at its place in the text; a text begun anew meanwhile stands alone. */
  'text-merge': (left, right) => isEditOfText(left) - isEditOfText(right) || newestFirst(left, right),
  /** Who claimed it first keeps it. */
  'earliest-claim': compareSides,
  /** Goods on their way cannot be called back: a shipment stands against a cancellation. */
  'shipment-stands': (left, right) => isShipment(left) - isShipment(right) || compareSides(left, right),
  /** All count, the earlier first, as far as the line has units. */
  'earlier-counts-first': compareSides,
} satisfies Record<string, Order>

export type PolicyName = keyof typeof orders

/** Which side stands comes first. A policy that this process does not know is shown as the last writer's. */
export function standingFirst(policy: string, sides: readonly ConflictSide[]): readonly ConflictSide[] {
  const custom = policyNamed(policy)
  if (custom !== undefined) return settledFirst(custom, [...sides].sort(compareSides))
  const order: Order = Object.hasOwn(orders, policy) ? orders[policy as PolicyName] : newestFirst
  return [...sides].sort(order)
}

/** A value that is none of theirs stands before all, where and when the last of them was written. */
function settledFirst(custom: CustomPolicy, sides: readonly ConflictSide[]): readonly ConflictSide[] {
  const value = custom.settle(sides)
  const text = JSON.stringify(value)
  const stands = (side: ConflictSide) => JSON.stringify(side.value) === text
  const newest = [...sides].reverse()
  const [last] = newest
  const made = last === undefined || sides.some(stands) ? [] : [{ ...last, value }]
  return [...made, ...newest.filter(stands), ...newest.filter((side) => !stands(side))]
}

/** Pairs of one path that hang together, as one conflict. */
export interface ConflictGroup {
  /** Id of its first pair: stays the same while the conflict grows. */
  readonly id: string
  readonly newest: ConflictPair
  /** The standing one first; each change once. */
  readonly sides: readonly ConflictSide[]
}

/** `pairs` are of one path, the newest last. Groups come in the order of their newest pairs. */
export function groupPairs(pairs: readonly ConflictPair[]): readonly ConflictGroup[] {
  let groups: { readonly pairs: ConflictPair[]; readonly changes: Set<string> }[] = []
  for (const pair of pairs) {
    const changes = [pair.earlier.change, pair.later.change]
    const touching = groups.filter((group) => changes.some((change) => group.changes.has(change)))
    const merged = {
      pairs: [...touching.flatMap((group) => group.pairs), pair],
      changes: new Set([...touching.flatMap((group) => [...group.changes]), ...changes]),
    }
    groups = [...groups.filter((group) => !touching.includes(group)), merged]
  }
  return groups.flatMap((group) => toGroup(pairs.filter((pair) => group.pairs.includes(pair))))
}

function toGroup(pairs: readonly ConflictPair[]): ConflictGroup[] {
  const [first, newest] = [pairs[0], pairs.at(-1)]
  if (first === undefined || newest === undefined) return []
  const sides = new Map<string, ConflictSide>()
  for (const { earlier, later } of pairs)
    for (const side of [earlier, later]) sides.set(`${side.change} ${JSON.stringify(side.value)}`, side)
  return [{ id: first.id, newest, sides: standingFirst(newest.policy, [...sides.values()]) }]
}
