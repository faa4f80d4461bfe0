// Tells operators what is owed to them about leases (lease-troubles.ts), as incidents: a device that has signed two chains,
// for it was copied, or lost its storage and began anew (the entries stay in the lease's document as proof, in every region);
// and a sale that a device told this region after its lease was ended without it, or dated outside of it.

import type { Obligation, Store } from '@causeway/db/store'
import { counted } from '@causeway/schema/counted'
import { leaseGivenBackTo, unitsGivenBack } from '@causeway/schema/documents/lease/given-back'
import { type LeaseView, leaseKind, oversold } from '@causeway/schema/documents/lease/kind'
import { foldOrder } from '@causeway/schema/documents/order/fold'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { noReads } from '../committer/flush.ts'
import type { IncidentBook, IncidentReport } from '../integrity/incident-book.ts'

export interface LeaseWatchSetting {
  readonly store: Pick<Store, 'load'>
  readonly incidents: Pick<IncidentBook, 'raise'>
}

/** Orders named in an incident; the chain itself holds them all. */
const maximumNamed = 50

/** Once for each, however often it is called. Throws StoreError. */
export async function tellOfLease(
  { store, incidents }: LeaseWatchSetting,
  { subject, id, item }: Pick<Obligation, 'subject' | 'id' | 'item'>,
): Promise<void> {
  const { documents } = await store.load({ ...noReads, documents: [{ kind: leaseKind.name, id }] })
  const lease = documents[0] && leaseKind.view(id, documents[0].state)
  if (subject === 'late-sale') await incidents.raise(describeLate(id, item, lease))
  else if (lease !== undefined) await incidents.raise(describeFork(lease))
}

/** Of an order that stands though its till has signed that it holds nothing: whether it is served or not, somebody has to ask the till. */
export async function tellOfGivenBack(
  { store, incidents }: LeaseWatchSetting,
  { id, item }: Pick<Obligation, 'id' | 'item'>,
): Promise<void> {
  const leaseId = leaseGivenBackTo(item)
  if (leaseId === undefined) return
  const named = [
    { kind: leaseKind.name, id: leaseId },
    { kind: orderKind.name, id },
  ]
  const { documents } = await store.load({ ...noReads, documents: named })
  const stateOf = (kind: string) => documents.find((document) => document.kind === kind)?.state
  const [leaseState, orderState] = [stateOf(leaseKind.name), stateOf(orderKind.name)]
  const lease = leaseState && leaseKind.view(leaseId, leaseState)
  const order = orderState && orderKind.view(id, orderState)
  const fold = order && foldOrder(order.facts)
  if (lease === undefined || order === undefined || fold === undefined || fold.cancelled) return
  const units = unitsGivenBack(order, lease)
  const isHeld = fold.placed.fact.lines.some((line) => line.lease?.id === leaseId)
  if (units > 0 && isHeld) await incidents.raise(describeGivenBack(lease, id, units, fold.shipped))
}

function describeGivenBack(
  { id, deviceId, sku }: LeaseView,
  order: string,
  units: number,
  sent: boolean,
): IncidentReport {
  const what = sent ? 'was shipped' : 'stands'
  return {
    kind: 'salvage',
    subject: `${id}:${order}:given-back`,
    entityIds: [id, order],
    detail:
      `The device ${deviceId} has given ${counted(units, 'unit')} of ${sku} back to lease ${id} for order ${order}, which ${what}: its till takes it ` +
      `for refused. This region sells them anew for the order as soon as it may sell so many. Ask the till what became of the goods, cancel the order or ` +
      'have it sent, count what is there, and resolve this incident.',
  }
}

function describeLate(id: string, order: string, lease: LeaseView | undefined): IncidentReport {
  const sold = lease === undefined ? 'A device has sold' : `The device ${lease.deviceId} has sold ${lease.sku}`
  const isOver = lease === undefined || lease.fold.ended
  const why = isOver
    ? 'told it after the lease was closed: the order was refused, and the units are on sale again or sold'
    : 'dated it outside of the time of that lease, for its clock was wrong: the order was refused, and the units stay lent'
  const first = isOver
    ? 'Place'
    : 'Nothing that the device has signed after it is taken, its close neither: end the lease by closeLease with withoutDevice, place'
  return {
    kind: 'salvage',
    subject: `${id}:${order}`,
    entityIds: [id, order],
    detail:
      `${sold} for order ${order} from lease ${id}, and ${why}, though the goods have most likely left the house. ` +
      `${first} the order again or have the goods brought back, count what is there, and resolve this incident.`,
  }
}

/** One incident a lease: after the first fork nothing more of it is taken but what is under way. */
function describeFork({ id, deviceId, sku, fold }: LeaseView): IncidentReport {
  const [number = 0] = fold.forks
  const named = new Set<string>()
  for (const { entry } of fold.links.values()) if (entry.number >= number && entry.order !== '') named.add(entry.order)
  const beyond = oversold(fold)
  const lost =
    beyond === 0
      ? ''
      : ` Together they sold ${counted(beyond, 'unit')} more than were lent: some of these orders cannot be served.`
  return {
    kind: 'equivocation',
    subject: id,
    entityIds: [id, ...[...named].slice(0, maximumNamed)],
    detail:
      `The device ${deviceId} has signed two entries ${number} of lease ${id} of ${sku}: it was copied, or has lost its storage.` +
      `${lost} Its entries are kept as proof, and nothing more of this lease is taken. Look at the orders named; then end the ` +
      'lease by closeLease with withoutDevice, and give the device another key.',
  }
}
