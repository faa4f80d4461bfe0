// What a fenced origin wrote beyond its fence and brings with it when it returns (S7): never applied, and told to the operators
// of the region that has taken over what it left behind, with the orders and goods that are concerned. Merges nothing.

import type { Origin } from '@causeway/schema/clock/origin'
import { CodecError } from '@causeway/schema/commit/bytes'
import { readCommit } from '@causeway/schema/commit/codec'
import type { CommitEvent, SealedCommit } from '@causeway/schema/commit/commit'
import { acknowledgedEvent } from '@causeway/schema/stock/acknowledge'
import type { IncidentBook } from '../integrity/incident-book.ts'
import type { Membership } from './membership.ts'

export interface BeyondFenceSetting {
  readonly incidents: Pick<IncidentBook, 'raise'>
  readonly membership: Pick<Membership, 'fencing'>
}

/** Commits of one origin that are told one by one; of further ones nothing is told but that they are there. */
const maximumTold = 1_000
/** Entities that an incident names. */
const maximumNamed = 200

export class BeyondFence {
  readonly #setting: BeyondFenceSetting
  /** Sequences that this node has told of, by origin. */
  readonly #told = new Map<Origin, Set<number>>()

  constructor(setting: BeyondFenceSetting) {
    this.#setting = setting
  }

  /** Commits that the gate let go because of a fence. Rejects with StoreError: they come again with the next link. */
  async take(commits: readonly SealedCommit[]): Promise<void> {
    const { estate } = this.#setting.membership.fencing
    for (const commit of commits) {
      if (!estate.includes(commit.origin)) continue
      const told = this.#told.get(commit.origin) ?? new Set()
      if (told.has(commit.firstSequence) || told.size > maximumTold) continue
      await this.#tell(commit, told.size === maximumTold)
      this.#told.set(commit.origin, told.add(commit.firstSequence))
    }
  }

  async #tell(commit: SealedCommit, isLast: boolean): Promise<void> {
    const { origin, firstSequence, lastSequence } = commit
    const events = eventsOf(commit)
    const told = events?.filter(({ type }) => type !== acknowledgedEvent)
    if (told?.length === 0) return
    const entityIds = [...new Set(told?.map(({ entityId }) => entityId))].slice(0, maximumNamed)
    const orders = [...new Set(told?.flatMap(({ type, entityId }) => (type === 'order.placed' ? [entityId] : [])))]
    const named = orders.length > 0 ? ` Orders that it placed: ${orders.slice(0, maximumNamed).join(', ')}.` : ''
    const what = told === undefined ? 'which cannot be read' : `${told.length} events`
    const rest = isLast ? ` What ${origin} wrote after that is not told any more.` : ''
    await this.#setting.incidents.raise({
      kind: 'salvage',
      subject: `${origin}:${firstSequence}`,
      entityIds,
      detail: `${origin} wrote ${firstSequence}..${lastSequence} (${what}) beyond the end of its log, which the others agreed on when it was retired. It is not applied: its units are sold by others.${named} Place again what is to stand, tell the shoppers otherwise, and resolve this incident.${rest}`,
    })
  }
}

function eventsOf(commit: SealedCommit): readonly Pick<CommitEvent, 'type' | 'entityId'>[] | undefined {
  try {
    return readCommit(commit).events
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}
