// Policies that whoever runs a shop adds for fields of their own choice. A value is written under the name of the policy of
// its field, so which policy settles concurrent values is told by the values: a function of the set, whoever looks, and
// whatever a region has been started with. A region that lacks one cannot read the value, and says so. Knows no kind.

import type { HybridTime } from '../../clock/hybrid-clock.ts'
import type { RegionId } from '../../clock/origin.ts'
import type { Json } from '../../json.ts'

/** One of the concurrent values of a field, and where and when it was written. */
export interface Fact {
  readonly value: Json
  readonly time: HybridTime
  readonly region: RegionId
}

export interface CustomPolicy {
  readonly kind: string
  /** Of the kind's fields, e.g. `title`. */
  readonly field: string
  /** `name@version`. A function that answers otherwise is another version; old ones stay, for old values name them. */
  readonly name: string
  /**
   * The value that stands, for two or more facts in the order of their times. Pure: the same facts, the same answer, in
   * every region and for ever. May be one of the values or made of them; it has to be one that the field can hold.
   */
  settle(facts: readonly Fact[]): Json
}

/** Set once, when a process starts. */
let byName: ReadonlyMap<string, CustomPolicy> = new Map()
let byField: ReadonlyMap<string, CustomPolicy> = new Map()

/** Of several versions for one field the last one is what new values are written under. Checked by who calls this. */
export function setPolicies(policies: readonly CustomPolicy[]): void {
  byName = new Map(policies.map((policy) => [policy.name, policy]))
  byField = new Map(policies.map((policy) => [`${policy.kind}/${policy.field}`, policy]))
}

/** The name under which a register is written; undefined where its kind's own policy holds. */
export function policyOf(kind: string, map: string, key: string): string | undefined {
  return map === 'fields' ? byField.get(`${kind}/${key}`)?.name : undefined
}

/** Undefined where this process was not started with it. */
export function policyNamed(name: string): CustomPolicy | undefined {
  return byName.get(name)
}

/** Throws RangeError where this process was not started with the policy. */
export function requirePolicy(name: string): CustomPolicy {
  const policy = byName.get(name)
  if (policy === undefined)
    throw new RangeError(`the policy ${name.slice(0, 80)} is not registered here: start this region with it`)
  return policy
}
