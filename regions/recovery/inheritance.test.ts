// What is looked at of what a fenced origin leaves behind, while the region that takes it over goes on applying.

import type { RepairSet } from '@causeway/db/integrity'
import { createMemoryDatabase } from '@causeway/db/memory/database'
import { createMemoryStore } from '@causeway/db/memory/store'
import { type DocumentState, emptyState } from '@causeway/schema/documents/document'
import { absorbFacts } from '@causeway/schema/documents/facts'
import type { OrderFact } from '@causeway/schema/documents/order/facts'
import { type InheritOrdersInput, inheritOrders } from '@causeway/schema/documents/order/inherit'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { expect, it } from 'vitest'
import { nothingToRepair } from '../divergence/rebuild.ts'
import { inherit } from './inheritance.ts'

function claimed(state: DocumentState, origin: string, wallMs: number): DocumentState {
  const lines = [{ id: '1', sku: 'mug', quantity: 1, unitPrice: 250 }]
  const money = { currencyCode: 'GBP', adjustments: [], customerId: null, placedAt: null }
  const fact: OrderFact = { id: `placed:${origin}`, kind: 'placed', origin, lines, ...money }
  return absorbFacts(state, [{ data: { ...fact }, time: { wallMs, counter: 0 }, region: origin }])
}

type Written = RepairSet['documents'][number]

function written(id: string, state: DocumentState): Written {
  const order = orderKind.view(id, state)
  if (order === undefined) throw new Error('nobody has placed it')
  const bytes = { snapshot: null, changes: [], marks: [], superseded: null }
  return { kind: orderKind.name, id, heads: [], state, index: orderKind.index(order), ...bytes }
}

it('S7: an order is taken over though it turns out meanwhile to have been placed earlier, by another region', async () => {
  const store = createMemoryStore({ region: 'eu', database: createMemoryDatabase('eu') })
  const put = (documents: readonly Written[]) =>
    store.transact((transaction) => transaction.repair({ ...nothingToRepair, documents }))
  const ids = Array.from({ length: 450 }, (_, index) => `order-${1_000 + index}`)
  await put(ids.map((id, index) => written(id, claimed(emptyState, 'us', 1_000 + index))))
  const last = ids.at(-1) ?? ''
  const taken = new Set<string>()
  const run = async (command: { readonly name: string }, input: unknown) => {
    if (command.name !== inheritOrders.name) return
    for (const id of (input as InheritOrdersInput).ids) taken.add(id)
    await put([written(last, claimed(claimed(emptyState, 'us', 1_449), 'ap', 1))])
  }
  await inherit({ store, run, isActive: () => true }, 'us')
  expect([...taken].sort()).toEqual(ids)
})
