// A commit that is signed as it should be and is not applied: why, and what becomes of it.

import type { SealedCommit } from '@causeway/schema/commit/commit'
import type { Flaw } from '@causeway/schema/validity/flaw'

/**
 * `quarantine`: it breaks a rule. `fork`: its origin has signed another one for the same place. `later`: what it names is
 * not here (another past than ours, rights that nobody has given yet), which may change. `unknown`: it names rules that this
 * node does not know; another node, in this one's place, will.
 */
export type RefusalKind = 'quarantine' | 'fork' | 'later' | 'unknown'

export interface Refusal extends Flaw {
  readonly kind: RefusalKind
  readonly sealed: SealedCommit
}
