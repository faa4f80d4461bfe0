// Takes over what a fenced origin leaves behind (S7), as commits of the region that inherits it: first its stock rows, then
// what it still owed its orders, leases and keyed outcomes. Each step may be done again: what was settled is settled once.
// Knows no fence.

import type { ScanPage, Store, StoredDocument } from '@causeway/db/store'
import type { Origin } from '@causeway/schema/clock/origin'
import type { CommandDefinition, KnownOutcome } from '@causeway/schema/documents/command'
import type { DocumentState } from '@causeway/schema/documents/document'
import { readLeaseFacts } from '@causeway/schema/documents/lease/facts'
import { inheritLeases } from '@causeway/schema/documents/lease/inherit'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import { readFacts } from '@causeway/schema/documents/order/facts'
import { inheritOrders } from '@causeway/schema/documents/order/inherit'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { holdingIn } from '@causeway/schema/documents/order/obligations'
import { inheritKeys } from '@causeway/schema/stock/inherit-keys'
import { reclaimStock } from '@causeway/schema/stock/reclaim'
import { rightsOf, type StockRow } from '@causeway/schema/stock/row'
import { commandsToTakeBack } from '../settlement/lost-outcomes.ts'

export interface InheritanceSetting {
  readonly store: Pick<Store, 'scanDocuments' | 'scanStock' | 'history'>
  /** Runs an internal command. */
  readonly run: <Input>(command: CommandDefinition<Input>, input: Input) => Promise<unknown>
  /** False once another node is to go on. */
  readonly isActive: () => boolean
}

/** What was looked at, for the log. */
export interface Inherited {
  readonly rows: number
  readonly orders: number
  readonly leases: number
  readonly keys: number
}

/** Rows that are looked at in one read, and taken over in one commit. */
const rowsPerPage = 2_000
const rowsPerCommit = 500
const documentsPerPage = 200
const keysPerPage = 500

/** Rejects where this node no longer leads, and with what the store throws: to be done again from the beginning. */
export async function inherit(setting: InheritanceSetting, from: Origin): Promise<Inherited> {
  const rows = await reclaimRows(setting, from)
  const orders = await inheritDocuments(setting, orderKind.name, isOrderOf(from), (ids) =>
    setting.run(inheritOrders, { from, ids }),
  )
  const leases = await inheritDocuments(setting, leaseKind.name, isLeaseOf(from), (ids) =>
    setting.run(inheritLeases, { from, ids }),
  )
  return { rows, orders, leases, keys: await inheritOutcomes(setting, from) }
}

function assertActive({ isActive }: InheritanceSetting): void {
  if (!isActive()) throw new Error('the node no longer leads')
}

async function reclaimRows(setting: InheritanceSetting, from: Origin): Promise<number> {
  const { store, run } = setting
  let after: string | null = null
  let reclaimed = 0
  do {
    const page: ScanPage<StockRow> = await store.scanStock(after, rowsPerPage)
    const skus = page.rows
      .filter(({ holder, cells, givenIn }) => {
        const reserved = cells.sold - cells.released - cells.shipped
        return holder === from && (rightsOf({ cells, givenIn }) > 0 || reserved > 0)
      })
      .map(({ sku }) => sku)
    for (let first = 0; first < skus.length; first += rowsPerCommit) {
      assertActive(setting)
      await run(reclaimStock, { from, skus: skus.slice(first, first + rowsPerCommit) })
    }
    reclaimed += skus.length
    after = page.next
  } while (after !== null)
  return reclaimed
}

/** It reserved lines, placed there or lent to the device that sold them, or has written a fact. */
function isOrderOf(from: Origin): (state: DocumentState) => boolean {
  return (state) => holdingIn(from, state) !== 'nothing' || readFacts(state).some(({ fact }) => fact.origin === from)
}

function isLeaseOf(from: Origin): (state: DocumentState) => boolean {
  return (state) => readLeaseFacts(state).some(({ fact }) => fact.kind === 'opened' && fact.origin === from)
}

async function inheritDocuments(
  setting: InheritanceSetting,
  kind: string,
  concerns: (state: DocumentState) => boolean,
  take: (ids: readonly string[]) => Promise<unknown>,
): Promise<number> {
  let after: string | null = null
  let inherited = 0
  do {
    const page: ScanPage<StoredDocument> = await setting.store.scanDocuments(after, documentsPerPage, kind)
    const ids = page.rows.filter(({ state }) => concerns(state)).map(({ id }) => id)
    assertActive(setting)
    if (ids.length > 0) await take(ids)
    inherited += ids.length
    after = page.next
  } while (after !== null)
  return inherited
}

async function inheritOutcomes(setting: InheritanceSetting, from: Origin): Promise<number> {
  let after: string | null = null
  let inherited = 0
  for (;;) {
    const request = { origin: from, commands: commandsToTakeBack, after, limit: keysPerPage }
    const page: readonly KnownOutcome[] = await setting.store.history.outcomesOf(request)
    const keys = page.map(({ key }) => key)
    assertActive(setting)
    if (keys.length > 0) await setting.run(inheritKeys, { from, keys })
    inherited += keys.length
    after = keys.at(-1) ?? null
    if (keys.length < keysPerPage) return inherited
  }
}
