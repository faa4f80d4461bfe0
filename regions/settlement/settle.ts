// What is done for each kind of obligation. Each settles it in the transaction that does it, but for what is told to operators:
// that is raised first, and a node that dies in between raises the same incident again, which the book holds once.

import type { Obligation, Store } from '@causeway/db/store'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { tellLostClaim } from '@causeway/schema/documents/claims/tell-lost-claim'
import type { ReturnReason } from '@causeway/schema/documents/lease/facts'
import { settleLease } from '@causeway/schema/documents/lease/settle'
import { settleOrder } from '@causeway/schema/documents/order/settle'
import type { Executor } from '../committer/executor.ts'
import type { Writer } from '../committer/writer.ts'
import type { IncidentBook } from '../integrity/incident-book.ts'
import { tellOfLease } from '../stock/lease-watch.ts'
import { leaveCustomer } from './lost-home.ts'
import { settleKeyed } from './second-use.ts'

export interface SettleSetting {
  readonly region: RegionId
  readonly executor: Executor
  readonly writer: Writer
  readonly store: Store
  readonly incidents: IncidentBook
  /** Under which this region writes now. */
  readonly origin: () => Origin
}

/** False where it cannot be settled yet. Throws StoreError; it is still owed. */
export function settleWith(setting: SettleSetting): (obligation: Obligation) => Promise<boolean> {
  const { executor, writer } = setting
  return async (obligation) => {
    const { subject, id, item, number } = obligation
    switch (subject) {
      case 'order':
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
    }
  }
}
