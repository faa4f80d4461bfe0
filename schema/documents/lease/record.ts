// How a command writes facts of a lease: events that carry them, edits that keep them, and what origins have to look at
// because of them. Knows no particular command.

import type { Origin } from '../../clock/origin.ts'
import type { CommitEvent } from '../../commit/commit.ts'
import type { JsonObject } from '../../json.ts'
import { readEntry } from '../../stock/lease/entry.ts'
import { mainLocation } from '../../stock/row.ts'
import {
  type Accepted,
  accept,
  type CommandContext,
  type Decision,
  noReads,
  type ObligationDraft,
  type Reads,
  refuse,
  type StockEffect,
} from '../command.ts'
import type { DocumentEdits } from '../document.ts'
import type { Carried } from './carry.ts'
import { type LeaseFact, type LeaseRecord, type ReturnedFact, type ReturnReason, returnedId } from './facts.ts'
import { foldLease, type LeaseFold } from './fold.ts'
import { givenBackItem } from './given-back.ts'
import { leaseKind } from './kind.ts'

export function readLease(id: string): Reads {
  return { ...noReads, documents: [{ kind: leaseKind.name, id }] }
}

export interface WrittenFacts {
  readonly events: readonly CommitEvent[]
  readonly documents: readonly DocumentEdits[]
}

export function writeLeaseFacts(id: string, facts: readonly LeaseFact[]): WrittenFacts {
  if (facts.length === 0) return { events: [], documents: [] }
  return {
    events: facts.map((fact) => ({
      type: `${leaseKind.name}.${fact.kind}`,
      entityId: id,
      data: fact satisfies JsonObject,
      placement: 'everywhere',
    })),
    documents: [
      {
        kind: leaseKind.name,
        id,
        placement: 'everywhere',
        edits: facts.map((fact) => ({ map: 'facts', key: fact.id, value: fact satisfies JsonObject })),
      },
    ],
  }
}

/**
 * What `origin` has to look at now that it has learned of `fact`, which `fold` holds already. What is left comes back only
 * once every member has shown that it knows of the end: until then one of them may be taking a sale that the device made
 * before. Without a key there is no such sale.
 */
export function leaseObligations(
  origin: Origin,
  id: string,
  fold: LeaseFold | undefined,
  fact: LeaseFact,
): readonly ObligationDraft[] {
  if (fold === undefined || !fold.openings.some((opening) => opening.origin === origin)) return []
  const draft = (item: ReturnReason, when: ObligationDraft['when']): readonly ObligationDraft[] => [
    { subject: 'lease', id, item, when },
  ]
  switch (fact.kind) {
    case 'opened':
      return fold.opened.origin === origin ? [] : draft('duplicate', 'now')
    case 'ended':
      return draft('ended', fold.opened.publicKey === null ? 'now' : 'stable')
    case 'entry': {
      const { step, order } = readEntry(fact.payload)
      if (step === 'close') return draft('ended', 'stable')
      return step === 'release'
        ? [{ subject: 'order', id: order, item: givenBackItem(id, fact.id), when: 'stable' }]
        : []
    }
    case 'returned':
      return []
  }
}

export interface OwedReturn {
  readonly fact: ReturnedFact
  readonly effect: StockEffect
}

/**
 * What `writer` has to take back to its own row, for a reason, of what `holder` had lent: it did so itself, or what it left
 * has been taken over (S7). Null where there is nothing, or it was done.
 */
export function owedReturn(
  holder: Origin,
  fold: LeaseFold,
  reason: ReturnReason,
  writer: Origin = holder,
): OwedReturn | null {
  const { opened, openings, sold, released, returned, ended } = fold
  const own = openings.find((opening) => opening.origin === holder)
  if (own === undefined || (reason === 'duplicate') === (opened === own)) return null
  if (reason === 'ended' && !ended) return null
  const left = reason === 'duplicate' ? own.units : Math.max(0, own.units - sold + released)
  const units = left - (returned.get(holder) ?? 0)
  if (units <= 0) return null
  const whose = writer === holder ? {} : { holder }
  return {
    fact: { id: returnedId(holder, reason), kind: 'returned', origin: writer, ...whose, units },
    effect: { sku: own.sku, location: mainLocation, released: units },
  }
}

/** The decision that writes facts on top of `known`, with what this origin owes for them at once, for others that it has taken over, too. */
export function recordLeaseFacts(
  { origin, time, region, fencing }: Pick<CommandContext, 'origin' | 'time' | 'region' | 'fencing'>,
  id: string,
  known: readonly LeaseRecord[],
  facts: readonly LeaseFact[],
): Accepted {
  const records = [...known, ...facts.map((fact): LeaseRecord => ({ fact, time, region }))]
  const fold = foldLease(records)
  const written: LeaseFact[] = [...facts]
  const stock: StockEffect[] = []
  const later: ObligationDraft[] = []
  for (const holder of [origin, ...fencing.estate]) {
    for (const obligation of facts.flatMap((fact) => leaseObligations(holder, id, fold, fact))) {
      if (obligation.when === 'stable') later.push(obligation)
      const reason = obligation.item as ReturnReason
      const isWritten = written.some((fact) => fact.id === returnedId(holder, reason))
      if (fold === undefined || obligation.when !== 'now' || isWritten) continue
      const owed = owedReturn(holder, fold, reason, origin)
      if (owed === null) continue
      written.push(owed.fact)
      stock.push(owed.effect)
    }
  }
  return accept({ ...writeLeaseFacts(id, written), stock, obligations: later, result: { id } })
}

/** A device has told a sale after its lease was ended without it, or dated outside of it: nothing of it stands, and somebody has to know (S6). */
export const lateSaleEvent = 'stock.sold-late'

/** The refusal of what a device brought. */
export function refuseCarried(
  id: string,
  { error, again, until, proof = [], late }: Exclude<Carried, { facts: unknown }>,
): Decision {
  const told: WrittenFacts = {
    events:
      late === undefined
        ? []
        : [{ type: lateSaleEvent, entityId: id, data: { ...late } satisfies JsonObject, placement: 'everywhere' }],
    documents: [],
  }
  return {
    ...refuse(error),
    ...(again && { passing: again === 'more' ? 'refused' : 'pending' }),
    ...(until && { until }),
    ...(late !== undefined && { keeps: told }),
    ...(proof.length > 0 && { keeps: writeLeaseFacts(id, proof) }),
  }
}
