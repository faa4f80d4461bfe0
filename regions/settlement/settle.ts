// What is done for each kind of obligation. Each settles it in the transaction that does it, but for what is told to operators:
// that is raised first, and a node that dies in between raises the same incident again, which the book holds once. What a newer node
// owes and this one does not know stays for one that does.

import type { Obligation, Store } from '@causeway/db/store'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { tellLostClaim } from '@causeway/schema/documents/claims/tell-lost-claim'
import type { ReturnReason } from '@causeway/schema/documents/lease/facts'
import { settleLease } from '@causeway/schema/documents/lease/settle'
import { settleOrder } from '@causeway/schema/documents/order/settle'
import type { Executor } from '../committer/executor.ts'
import type { Writer } from '../committer/writer.ts'
import type { IncidentBook } from '../integrity/incident-book.ts'
import type { Logger } from '../ports.ts'
import { tellOfGivenBack, tellOfLease } from '../stock/lease-watch.ts'
import { leaveCustomer } from './lost-home.ts'
import { settleKeyed } from './second-use.ts'

export interface SettleSetting {
  readonly region: RegionId
  readonly executor: Executor
  readonly writer: Writer
  readonly store: Store
  readonly incidents: IncidentBook
  readonly logger: Logger
  /** Under which this region writes now. */
  readonly origin: () => Origin
}

/**
 * Since which rule version commits call for each kind. A node that does not know a kind owes nothing of it for what it applies, and one may
 * lead while its region is upgraded: so a further kind needs further rules, and what calls for it waits for a node that knows both (C7).
 */
export const knownSince: Readonly<Record<Obligation['subject'], number>> = {
  ...{ order: 10, key: 10, lease: 10, fold: 10, claim: 10 },
  ...{ 'late-sale': 10, 'forked-lease': 10, 'lost-home': 10 },
}

/** False where it cannot be settled yet. Throws StoreError; it is still owed. */
export function settleWith(setting: SettleSetting): (obligation: Obligation) => Promise<boolean> {
  const { executor, writer, logger } = setting
  const unknown = new Set<string>()
  return async (obligation) => {
    const { subject, id, item, number } = obligation
    switch (subject) {
      case 'order':
        await tellOfGivenBack(setting, obligation)
        return executor.settle(settleOrder, { id, item }, number)
      case 'key':
        return settleKeyed(setting, obligation)
      case 'lease':
        return executor.settle(settleLease, { id, item: item as ReturnReason }, number)
      case 'fold':
        return writer.settleFold(obligation)
      case 'claim': {
        const slash = id.indexOf('/')
        const input = { kind: id.slice(0, slash), id: id.slice(slash + 1), name: item }
        return executor.settle(tellLostClaim, input, number)
      }
      case 'late-sale':
      case 'forked-lease':
        await tellOfLease(setting, obligation)
        await writer.settled(obligation)
        return true
      case 'lost-home':
        await leaveCustomer(setting, id)
        await writer.settled(obligation)
        return true
      default: {
        const kind: string = subject satisfies never
        if (!unknown.has(kind))
          logger.warn({ ...obligation }, `what a newer node owes, ${kind}, waits for one that leads and knows of it`)
        unknown.add(kind)
        return false
      }
    }
  }
}
