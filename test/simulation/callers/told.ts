// What callers asked for and what they were told, kept for the checkers. Knows no rule.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { JsonObject } from '@causeway/schema/json'
import type { CommandName } from './catalogue.ts'

export type Answer =
  | { readonly status: 'accepted'; readonly token: VersionVector; readonly result: JsonObject }
  | { readonly status: 'refused'; readonly codes: readonly string[]; readonly token: VersionVector }

export interface Asked {
  readonly name: CommandName
  readonly input: JsonObject
  /** The caller's subject and key; null for an order, which is known by its id. */
  readonly key: string | null
  /** False where one command was sent to several regions without saying so: no one answer is the last word then. */
  readonly careful: boolean
  /** Null until there is a final one. */
  answer: Answer | null
}

export class Told {
  readonly asked: Asked[] = []
  /** Asked and without a final answer. */
  open = 0
  /** Regions that operators have retired: nobody insists on one of them any more. */
  readonly retired = new Set<RegionId>()
  /** Tokens of sessions that were told TOKEN_LOST. */
  readonly lostTokens: VersionVector[] = []

  ask(asked: Omit<Asked, 'answer'>): Asked {
    const entry: Asked = { ...asked, answer: null }
    this.asked.push(entry)
    return entry
  }
}
