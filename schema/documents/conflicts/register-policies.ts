// Checks policies and registers them for this process: what cannot hold is said before anything is written under it.

import { kindOf } from '../registry.ts'
import { type CustomPolicy, setPolicies } from './custom.ts'

const namePattern = /^[a-z0-9][a-z0-9-]{0,62}@\d{1,9}$/

/** In place of those registered before. Throws RangeError with the policy's name and what is wrong with it. */
export function registerPolicies(policies: readonly CustomPolicy[]): void {
  const names = new Set<string>()
  for (const policy of policies) {
    const reason = findFault(policy) ?? (names.has(policy.name) ? 'is registered twice' : null)
    if (reason !== null) throw new RangeError(`the policy ${JSON.stringify(policy.name)} ${reason}`)
    names.add(policy.name)
  }
  setPolicies(policies)
}

function findFault({ kind: name, field, name: policyName }: CustomPolicy): string | null {
  if (!namePattern.test(policyName))
    return 'needs a name such as "lowest-price@1": small letters, digits, dashes, a version'
  const kind = kindOf(name)
  if (kind === undefined) return `is for a kind of document that there is none of: ${name}`
  if (kind.factsOnly) return `cannot settle a ${name}: it holds facts, whose rules depend on each other`
  // A section that cannot be read is left out for good where it may be held at all, so there is no waiting for a policy.
  if (kind.home) return `cannot settle a ${name}: it stays in its home region`
  if (kind.texts.includes(field)) return `cannot settle ${field} of a ${name}: it merges as text`
  const [touch] = kind.maps.includes('fields') ? kind.touches('fields', field, null) : []
  if (touch?.policy !== 'last-writer') return `cannot settle ${field} of a ${name}: another rule does`
  return null
}
