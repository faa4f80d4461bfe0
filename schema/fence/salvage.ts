// salvageOrder, an internal command: an order that a retired region placed beyond its fence comes in again where the region
// that took it over has the units (S7): the same order, with its lines, prices and time, as one that was placed here. Where it
// cannot be, or its caller has been refused it elsewhere meanwhile (I3), it is refused, and nothing of it is kept. Run twice, it
// is one order.

import * as z from 'zod'
import type { Origin } from '../clock/origin.ts'
import type { CommandOutcome } from '../commit/commit.ts'
import { counted, plural } from '../counted.ts'
import { accept, type CommandDefinition, noReads, refuse, type StockNeed } from '../documents/command.ts'
import { customerKind } from '../documents/customer/kind.ts'
import { type PlacedFact, placedId } from '../documents/order/facts.ts'
import { orderKind } from '../documents/order/kind.ts'
import { needsOf } from '../documents/order/lines.ts'
import { recordFact } from '../documents/order/record.ts'
import { idInput, parserOf } from '../documents/parsing.ts'
import { winningOutcome } from '../stock/outcomes.ts'
import { mainLocation, rightsOf } from '../stock/row.ts'
import { isHeirOf } from './fencing.ts'

export interface SalvageOrderInput {
  readonly id: string
  /** Who placed it. */
  readonly from: Origin
  /** As it wrote it, and in the shape of one. */
  readonly fact: PlacedFact
  /** When. */
  readonly atMs: number
  /** What its caller was answered there, under a key; null for one without. */
  readonly answered: Pick<CommandOutcome, 'key' | 'inputDigest' | 'command' | 'result'> | null
  /** Under which its caller may have been refused it elsewhere. */
  readonly keys: readonly string[]
}

const salvageInput = z.object({
  id: idInput,
  from: z.string(),
  fact: z.custom<PlacedFact>((value) => typeof value === 'object' && value !== null),
  atMs: z.number(),
  answered: z.custom<SalvageOrderInput['answered']>((value) => typeof value === 'object'),
  keys: z.array(z.string()),
})

export const salvageOrder: CommandDefinition<SalvageOrderInput> = {
  name: 'salvageOrder',
  parse: parserOf(salvageInput),
  reads: ({ id, fact, keys }) => {
    const customer = fact.customerId === null ? [] : [{ kind: customerKind.name, id: fact.customerId }]
    const documents = [{ kind: orderKind.name, id }, ...customer]
    return { ...noReads, documents, ids: [id], skus: needsOf(fact.lines).map(({ sku }) => sku), keys }
  },
  needs: ({ fact }) => needsOf(fact.lines),
  run(context, { id, from, fact, atMs, answered, keys }) {
    const unmerged = (message: string) => refuse({ code: 'INVALID', message })
    if (!isHeirOf(context.fencing, context.origin, from)) return unmerged(`${from} is not taken over here.`)
    if (context.view(orderKind, id) !== undefined) return accept({ result: { id } })
    const known = keys.flatMap((key) => winningOutcome(context.outcomes(key)) ?? [])
    if (known.some(({ accepted }) => !accepted))
      return unmerged('whoever placed it asked again elsewhere, and was refused it')
    if (context.kindsOf(id).some((kind) => kind !== orderKind.name)) return unmerged('its id is in use')
    if (fact.lines.some(({ lease }) => lease !== undefined))
      return unmerged('it was sold from a lease: the till tells it again')
    if (fact.customerId !== null && context.view(customerKind, fact.customerId) === undefined)
      return unmerged(`customer ${fact.customerId} is not known`)
    const needs = needsOf(fact.lines)
    const shortages = needs.flatMap(({ sku, units }) => {
      const missing = units - rightsOf(context.ownStock(sku))
      return missing > 0 ? [{ sku, missing, needed: units }] : []
    })
    if (shortages.length > 0) return { ...unmerged(wordsOf(shortages)), shortages }
    const { origin } = context
    const placed = { ...fact, id: placedId(origin), origin, placedAt: fact.placedAt ?? atMs }
    const effects = needs.map(({ sku, units }) => ({ sku, location: mainLocation, sold: units }))
    const decision = recordFact(context, id, [], placed, effects)
    // Its caller's answer stands again with it: a region that refuses it at this moment hears so before that is final (I3).
    if (answered === null || decision.status === 'refused') return decision
    const { key, inputDigest, command, result } = answered
    return known.length > 0 ? decision : { ...decision, record: { key, inputDigest, command, result } }
  },
}

function wordsOf(shortages: readonly (Pick<StockNeed, 'sku'> & { readonly missing: number })[]): string {
  return shortages
    .map(({ sku, missing }) => `${counted(missing, 'unit')} of ${sku} ${plural(missing, 'is', 'are')} missing`)
    .join(', ')
}
