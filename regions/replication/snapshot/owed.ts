// What an origin has to look at again because of what a snapshot tells it: the facts that came to its orders, and the
// outcomes of its keys that lost, in commits which it will never see. Generous, as obligations are: looked at for nothing,
// one costs a look. Pure.

import type { SnapshotDocument } from '@causeway/db/snapshots/snapshots'
import type { Obligation } from '@causeway/db/store'
import { type Origin, regionOf } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { customerKind } from '@causeway/schema/documents/customer/kind'
import { readLeaseFacts } from '@causeway/schema/documents/lease/facts'
import { foldLease } from '@causeway/schema/documents/lease/fold'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import { leaseObligations } from '@causeway/schema/documents/lease/record'
import { readFacts } from '@causeway/schema/documents/order/facts'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { obligationsAgain } from '@causeway/schema/documents/order/obligations'
import { foldObligation } from '../../committer/remote-documents.ts'
import { lostHomes } from '../../settlement/lost-home.ts'
import { forkedLeases } from '../../stock/lease-troubles.ts'

export type Owed = Omit<Obligation, 'number'>

/**
 * `owners`: who takes the snapshot in, and the origins that it has taken over. `frontier`: of the snapshot. What waits to be
 * stable waits until all of its writer's log up to there is.
 */
export function owedFor(
  owners: readonly Origin[],
  frontier: VersionVector,
  document: SnapshotDocument,
): readonly Owed[] {
  if (document.kind === orderKind.name) return owners.flatMap((owner) => owedForOrder(owner, frontier, document))
  if (document.kind === leaseKind.name)
    return [...owners.flatMap((owner) => owedForLease(owner, frontier, document)), ...forkedLeases([document])]
  if (document.kind === customerKind.name) return [...owedForFold(document), ...lostHomesIn(owners, document)]
  return owedForFold(document)
}

function lostHomesIn([self]: readonly Origin[], document: SnapshotDocument): readonly Owed[] {
  return self === undefined ? [] : lostHomes(regionOf(self), [document], () => undefined)
}

function owedForFold(document: SnapshotDocument): readonly Owed[] {
  const fold = document.superseded === null ? undefined : document.marks.at(-1)
  if (fold === undefined) return []
  const { kind, id } = document
  return [foldObligation({ kind, id, origin: fold.origin, sequence: fold.sequence }, fold.sequence)]
}

function owedForOrder(origin: Origin, frontier: VersionVector, { id, state }: SnapshotDocument): readonly Owed[] {
  const records = readFacts(state)
  return records.flatMap(({ fact }): readonly Owed[] =>
    obligationsAgain(origin, id, records, fact).map(({ when, ...owed }) => {
      const waitsFor = { origin: fact.origin, sequence: sequenceOf(frontier, fact.origin) }
      return { ...owed, waitsFor: when === 'now' ? null : waitsFor }
    }),
  )
}

function owedForLease(origin: Origin, frontier: VersionVector, { id, state }: SnapshotDocument): readonly Owed[] {
  const records = readLeaseFacts(state)
  const fold = foldLease(records)
  return records.flatMap(({ fact }): readonly Owed[] =>
    leaseObligations(origin, id, fold, fact).map(({ when, ...owed }) => {
      const waitsFor = { origin: fact.origin, sequence: sequenceOf(frontier, fact.origin) }
      return { ...owed, waitsFor: when === 'now' ? null : waitsFor }
    }),
  )
}
