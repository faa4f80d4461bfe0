// The part of an order that a device has sold already, from leases (S6): which lines that is, what of the chains comes
// along, and whether the chains say the same as the order. Knows no price.

import * as z from 'zod'
import type { Origin } from '../../clock/origin.ts'
import { counted } from '../../counted.ts'
import { remembered } from '../../remembered.ts'
import { type Accepted, type CommandContext, type Decision, refuse, type StockNeed } from '../command.ts'
import type { DocumentRef } from '../document.ts'
import { type ChainInput, carryEntries, chainInput } from '../lease/carry.ts'
import { leaseKind } from '../lease/kind.ts'
import { recordLeaseFacts, refuseCarried } from '../lease/record.ts'
import { findRepeat } from '../parsing.ts'
import { type NamedLine, needsOf } from './lines.ts'

export const maximumLeases = 100

/** Each with the part of its chain that the region may not know; of a SKU, all of an order's units come from one lease. */
export const leasesInput = z
  .array(chainInput)
  .max(maximumLeases, `Sell from up to ${maximumLeases} leases in one order.`)
  .superRefine((leases, context) => {
    const repeat = findRepeat(leases, ({ id }) => id)
    if (repeat === null) return
    context.addIssue({ code: 'custom', path: [repeat, 'id'], message: 'Name each lease once.' })
  })
  .nullish()

interface Sale {
  readonly id: string
  readonly lines: readonly NamedLine[]
  readonly leases?: readonly ChainInput[] | null | undefined
}

/** What an idempotency key stands for: of leases which they are, not how much of a chain comes along this time. */
export function identityOfSale({ leases, ...order }: Sale): unknown {
  return leases == null ? order : { ...order, leases: leases.map(({ id }) => id) }
}

export function leasesOf({ leases }: Sale): readonly DocumentRef[] {
  return (leases ?? []).map(({ id }) => ({ kind: leaseKind.name, id }))
}

export function leasedSkus({ leases }: Sale): ReadonlySet<string> {
  const skus = new Set<string>()
  for (const { entries } of leases ?? []) for (const { entry } of entries) skus.add(entry.sku)
  return skus
}

/** Units that the region has to have rights for. */
export const unleased = remembered((sale: Sale): readonly StockNeed[] => {
  const needs = needsOf(sale.lines)
  if (sale.leases == null || sale.leases.length === 0) return needs
  const leased = leasedSkus(sale)
  return needs.filter(({ sku }) => !leased.has(sku))
})

interface Drawn {
  /** By SKU, what its lines say of where their units come from. */
  readonly lines: ReadonlyMap<string, { readonly lease: { readonly id: string; readonly origin: Origin } }>
  /** Of each lease, the decision that keeps what is new of its chain. */
  readonly chains: readonly Accepted[]
}

interface Undrawn {
  readonly refusal: Decision
}

export function drawFromLeases(context: CommandContext, sale: Sale): Drawn | Undrawn {
  const lines = new Map<string, { readonly lease: { readonly id: string; readonly origin: Origin } }>()
  const chains: Accepted[] = []
  for (const [index, chain] of (sale.leases ?? []).entries()) {
    const { id } = chain
    const field = ['leases', String(index)]
    const lease = context.view(leaseKind, id)
    if (lease === undefined) {
      // It may have been lent in a region that this one has not heard of yet.
      const message = `Lease ${id} is not known here yet: ask again, with the token that came with it and causeway-consistency: session.`
      const refusal = refuse({ code: 'NOT_FOUND', message, field: [...field, 'id'] })
      return { refusal: { ...refusal, passing: 'refused' } }
    }
    const carried = carryEntries(context, chain, lease.records, lease.fold)
    if ('error' in carried) {
      const error = { ...carried.error, field: [...field, ...(carried.error.field ?? [])] }
      return { refusal: refuseCarried(id, { ...carried, error }) }
    }
    const { sku, origin } = lease.fold.opened
    const units = needsOf(sale.lines).find((need) => need.sku === sku)?.units ?? 0
    const told = carried.fold.orders.get(sale.id) ?? 0
    if (units !== told || lines.has(sku)) {
      const message = `The chain of lease ${id} says ${counted(told, 'unit')} of ${sku} for this order, and its lines say ${units}.`
      return { refusal: refuse({ code: 'INVALID', message, field: [...field, 'entries'] }) }
    }
    lines.set(sku, { lease: { id, origin } })
    if (carried.facts.length > 0) chains.push(recordLeaseFacts(context, id, lease.records, carried.facts))
  }
  return { lines, chains }
}

/** The sale, and what is new of the chains, in one decision. */
export function withChains(sold: Decision, { chains }: Drawn): Decision {
  if (sold.status === 'refused' || chains.length === 0) return sold
  return {
    ...sold,
    events: [...chains.flatMap(({ events }) => events), ...sold.events],
    documents: [...chains.flatMap(({ documents }) => documents), ...sold.documents],
    stock: [...sold.stock, ...chains.flatMap(({ stock }) => stock)],
    obligations: [...sold.obligations, ...chains.flatMap(({ obligations }) => obligations)],
  }
}
