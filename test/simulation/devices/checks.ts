// What must hold of devices once all is quiet, from what they were told and what regions hold: every command one outcome, nothing
// acknowledged lost, refused work undone, every device showing what stands and keeping nothing that it does not follow.

import type { MemoryDatabase } from '@causeway/db/memory/database'
import { cartKind } from '@causeway/schema/documents/cart/kind'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import { stockLevel } from '@causeway/schema/stock/levels'
import { rowsOf } from '../checkers/stock-watch.ts'
import { Violation } from '../checkers/violation.ts'
import type { Device } from './device.ts'
import type { Ledger, Sale } from './ledger.ts'

export interface Setting {
  readonly database: MemoryDatabase
  readonly devices: readonly Device[]
  readonly ledger: Ledger
  readonly cart: string
  readonly skus: readonly string[]
  readonly user: string
  /** A region went on with an older copy: what it alone had acknowledged is gone (only `durability` helps). */
  readonly hasRestored: boolean
}

export function checkSales({ database, ledger, hasRestored }: Setting): void {
  for (const sale of ledger.sales.values()) {
    const stands = database.documents.has(`order/${sale.id}`)
    if (sale.outcome === 'refused' && stands) throw new Violation('R2', `${sale.id} was refused and stands`)
    if (sale.outcome === 'accepted' && !stands && !hasRestored)
      throw new Violation('R2', `${sale.id} was accepted and is gone`)
    if (sale.isEvicted || !sale.isKept) continue
    if (sale.outcome === null) throw new Violation('R2', `${sale.device} never heard what became of ${sale.id}`)
    if (isBroken(sale) && !hasRestored)
      throw new Violation('S6', `${sale.id}, sold from a lease, was refused: ${sale.code}`)
  }
}

/** Nobody ends a lease here but its device: what it sold stands. */
function isBroken({ isLeased, outcome }: Sale): boolean {
  return isLeased && outcome === 'refused'
}

/** Every device shows what the region holds: orders, cart and stock (R3, R7, R8). */
export function checkShown({ database, devices, ledger, cart, skus }: Setting): void {
  const placed = [...ledger.sales.keys()].filter((id) => database.documents.has(`order/${id}`)).sort()
  const stored = database.documents.get(`cart/${cart}`)?.document
  const lines = JSON.stringify((stored && cartKind.view(cart, stored.state)?.lines) ?? [])
  for (const { client, name } of devices) {
    if (client === null) throw new Violation('liveness', `${name} is not open`)
    const shown = client
      .orders()
      .get()
      .map(({ id }) => id)
    if (JSON.stringify(shown.sort()) !== JSON.stringify(placed))
      throw new Violation('R3', `${name} shows the orders ${shown}, and ${placed} stand`)
    const own = JSON.stringify(client.cart(cart).get()?.lines ?? [])
    if (own !== lines) throw new Violation('R7', `${name} shows the cart ${own}, and regions ${lines}`)
    for (const sku of skus) {
      const { available, reserved, leased } = stockLevel(rowsOf(database, sku))
      const level = client.stock(sku).get()
      if (level?.available !== available || level.reserved !== reserved || level.leased !== leased)
        throw new Violation('R8', `${name} shows ${JSON.stringify(level)} of ${sku}, and ${available} are available`)
    }
    if (client.status().pending !== 0) throw new Violation('R2', `${name} has work that waits`)
  }
}

/** A scope that is not followed keeps nothing here (R4). */
export async function checkKept({ devices, user }: Setting): Promise<void> {
  for (const { flash, name } of devices) {
    const contents = await flash.contents(user)
    const scopes = new Set(
      [...contents.keys()].flatMap((key) => (key.startsWith('scope/') ? [nameIn(contents.get(key))] : [])),
    )
    for (const [key, item] of contents) {
      if (!key.startsWith('item/')) continue
      const held = (item as { readonly scopes?: readonly string[] }).scopes ?? []
      if (!held.some((one) => scopes.has(one)))
        throw new Violation('R4', `${name} keeps ${key} for no scope that it follows`)
    }
  }
}

function nameIn(scope: unknown): string {
  return String((scope as { readonly name?: string }).name)
}

/** What each lease's chain says was sold is what the orders say that were accepted from it (S6). */
export function checkChains({ database, ledger, hasRestored }: Setting): number {
  let leases = 0
  for (const [key, { document }] of database.documents) {
    if (!key.startsWith('lease/')) continue
    const view = leaseKind.view(document.id, document.state)
    if (view === undefined) continue
    leases += 1
    if (view.fold.forks.length > 0) throw new Violation('S6', `${document.id} was signed twice by its device`)
    for (const [order, units] of view.fold.orders) {
      const sale = ledger.sales.get(order)
      const stands = database.documents.has(`order/${order}`)
      if (units > 0 && !stands && sale?.isEvicted === false && !hasRestored)
        throw new Violation('S6', `${document.id} holds ${units} units for ${order}, which was ${sale.outcome}`)
    }
  }
  return leases
}
