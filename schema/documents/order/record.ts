// How a command of an order writes a fact: the fact, what this origin owes for it at once, and what it must look at
// later, all in one decision. Knows no particular command.

import type { CommitEvent } from '../../commit/commit.ts'
import type { JsonObject } from '../../json.ts'
import {
  accept,
  type CommandContext,
  type Decision,
  noReads,
  type ObligationDraft,
  type Reads,
  type StockEffect,
  type UserError,
} from '../command.ts'
import { compareRecords, isOf, type OrderFact, type OrderRecord } from './facts.ts'
import { type OrderView, orderKind } from './kind.ts'
import { holdingAmong, obligationsAmong } from './obligations.ts'
import { owed } from './owed.ts'

export function readOrder(id: string): Reads {
  return { ...noReads, documents: [{ kind: orderKind.name, id }] }
}

/** SKUs of every claim to have placed the order: those on which something may be owed. */
export function skusOfOrder(order: OrderView | undefined): readonly string[] {
  const skus = new Set<string>()
  for (const record of order?.facts ?? []) {
    if (isOf(record, 'placed')) for (const { sku } of record.fact.lines) skus.add(sku)
    if (isOf(record, 'returned')) for (const { sku } of record.fact.lines) skus.add(sku)
  }
  return [...skus]
}

export function unknownOrder(id: string): UserError {
  return { code: 'NOT_FOUND', message: `There is no order ${id}.`, field: ['id'] }
}

/** The decision that writes `fact` on top of `known`. `effects` are the fact's own. */
export function recordFact(
  context: CommandContext,
  orderId: string,
  known: readonly OrderRecord[],
  fact: OrderFact,
  effects: readonly StockEffect[] = [],
): Decision {
  const { origin, time, region, fencing } = context
  const record: OrderRecord = { fact, time, region }
  const records = [...known, record].sort(compareRecords)
  const facts: OrderFact[] = [fact]
  const stock = [...effects]
  const obligations: ObligationDraft[] = []
  for (const holder of [origin, ...fencing.estate]) {
    const holding = holdingAmong(holder, records)
    for (const obligation of obligationsAmong(holder, orderId, records, fact, holding)) {
      if (obligation.when === 'stable') obligations.push(obligation)
      const debt = obligation.when === 'now' ? owed(holder, records, obligation.item, origin) : null
      if (debt === null) continue
      facts.push(debt.fact)
      stock.push(...debt.effects)
    }
  }
  return accept({
    ...writeFacts(orderId, facts),
    stock,
    obligations,
    result: { id: orderId },
  })
}

/** Facts as the events that carry them and the edits that keep them. */
export function writeFacts(orderId: string, facts: readonly OrderFact[]) {
  const events: CommitEvent[] = facts.map((fact) => ({
    type: `${orderKind.name}.${fact.kind}`,
    entityId: orderId,
    data: fact satisfies JsonObject,
    placement: 'everywhere',
  }))
  const edits = facts.map((fact) => ({ map: 'facts', key: fact.id, value: fact satisfies JsonObject }))
  return { events, documents: [{ kind: orderKind.name, id: orderId, placement: 'everywhere' as const, edits }] }
}
