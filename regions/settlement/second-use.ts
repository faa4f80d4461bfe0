// What is owed for an outcome that lost to another one of its key. Units are taken back by settleKey. An order is withdrawn, where the
// key was used for another command in a region that did not know of it (I2); one that is shipped by then is told to operators.

import type { Obligation } from '@causeway/db/store'
import { regionOf } from '@causeway/schema/clock/origin'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { settleKey } from '@causeway/schema/stock/settle-key'
import { isOnItsWay, orderToWithdraw, withdrawOrder } from '@causeway/schema/stock/withdraw-order'
import { noReads } from '../committer/flush.ts'
import type { SettleSetting } from './settle.ts'

export async function settleKeyed(setting: SettleSetting, obligation: Obligation): Promise<boolean> {
  const { executor, store, writer, incidents, region, origin } = setting
  const { id: key, item, number } = obligation
  const { outcomes } = await store.load({ ...noReads, keys: [key] })
  // What this region owed for itself may be owed by a later life of it.
  const own = outcomes.find((outcome) => outcome.accepted && regionOf(outcome.origin) === region)
  const holder = item === '' ? (own?.origin ?? origin()) : item
  const order = orderToWithdraw(outcomes, holder)
  if (order === null) return executor.settle(settleKey, item === '' ? { key } : { key, holder: item }, number)
  const { documents } = await store.load({ ...noReads, documents: [{ kind: orderKind.name, id: order }] })
  const view = documents[0] && orderKind.view(order, documents[0].state)
  if (view === undefined || !isOnItsWay(view.facts))
    return executor.settle(withdrawOrder, { id: order, key, holder }, number)
  await incidents.raise({
    kind: 'debt',
    subject: `second-use:${order}`,
    entityIds: [order],
    detail:
      `Order ${order} was placed here under an idempotency key that stands for another command, which another region had taken. It was shipped ` +
      'before that was known, so it stands, though whoever asks again by the key is told IDEMPOTENCY_CONFLICT. Ask the customer which of ' +
      'the two was meant, and resolve this incident.',
  })
  await writer.settled(obligation)
  return true
}
