// Valid garbage: commits that are signed as they should be and break one rule each. The liar writes them; what each is
// called, and which rule it breaks, stands beside it.

import { formatTime } from '@causeway/schema/clock/hybrid-clock'
import type { Commit, CommitEvent, DocumentChange } from '@causeway/schema/commit/commit'
import { actorOf } from '@causeway/schema/documents/actor'
import { applyEdits, closeDocument, openDocument } from '@causeway/schema/documents/automerge'
import type { Edit } from '@causeway/schema/documents/document'
import { encodeFacts } from '@causeway/schema/documents/facts'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { productKind } from '@causeway/schema/documents/product/kind'
import { emptyCells, type StockCells } from '@causeway/schema/stock/row'
import type { Liar } from './liar.ts'

export interface Garbage {
  readonly name: string
  readonly rule: string
  readonly make: (liar: Liar) => Partial<Commit>
}

const event = (type: string, entityId: string, data: CommitEvent['data'] = {}): CommitEvent => ({
  type,
  entityId,
  data,
  placement: 'everywhere',
})

function rowOf(cells: Partial<StockCells>): Partial<Commit> {
  return {
    events: [event('stock.received', 'stock:mug')],
    stock: [{ sku: 'mug', location: 'main', cells: { ...emptyCells, ...cells } }],
  }
}

const fresh = '7'.repeat(32)

function productChange(
  liar: Liar,
  edits: readonly Edit[],
  by = liar.id,
  at = liar.now(),
  region = liar.id,
): DocumentChange {
  const handle = openDocument(productKind, null, actorOf(by, fresh, liar.crypto.sha256))
  try {
    const change = applyEdits(handle, edits, at, region)
    if (change === null) throw new Error('a change that changes nothing')
    return { kind: 'product', id: 'liar-product', placement: 'everywhere', bytes: change.bytes }
  } finally {
    closeDocument(handle)
  }
}

function product(documents: readonly DocumentChange[]): Partial<Commit> {
  return { events: [event('product.updated', 'liar-product')], documents }
}

const title: Edit = { map: 'fields', key: 'title', value: 'A thing' }

/** A fact of an order as a commit carries it: left to itself, that it is placed. */
export function order(liar: Liar, fact: Record<string, unknown>, id = 'liar-order'): Partial<Commit> {
  const data = { id: `placed:${liar.id}`, kind: 'placed', origin: liar.id, ...fact } as CommitEvent['data']
  const before = { heads: [], state: {} }
  const actor = actorOf(liar.id, fresh, liar.crypto.sha256)
  const { bytes } = encodeFacts(orderKind, before, [data], liar.now(), liar.id, actor, liar.crypto.sha256)
  return {
    events: [event(`order.${data.kind}`, id, data)],
    documents: [{ kind: 'order', id, placement: 'everywhere', bytes }],
  }
}

export const goodOrder = { customerId: null, currencyCode: 'GBP', lines: [], adjustments: [], placedAt: null }

const settled = { kind: 'settled', reason: 'eu-west-1/placed:eu-west-1', cells: { released: { line: 1 } } }

export const garbage: readonly Garbage[] = [
  { name: 'sells what it does not have', rule: 'S1', make: () => rowOf({ sold: 1_000_000 }) },
  { name: 'gives what it does not have', rule: 'S1', make: () => rowOf({ given: { 'eu-west-1': 1_000_000 } }) },
  { name: 'gives to itself', rule: 'S3', make: (liar) => rowOf({ received: 5, given: { [liar.id]: 5 } }) },
  { name: 'counts beyond all numbers', rule: 'S2', make: () => rowOf({ received: 2 ** 52 }) },
  {
    name: 'has one row twice',
    rule: 'S2',
    make: () => {
      const { events = [], stock = [] } = rowOf({ received: 1 })
      return { events, stock: [...stock, ...stock] }
    },
  },
  { name: 'tells an event that there is not', rule: 'C7', make: () => ({ events: [event('order.teleported', 'o1')] }) },
  { name: 'tells of nothing', rule: 'C7', make: () => ({ events: [event('cart.updated', '')] }) },
  {
    name: 'changes a kind of document that there is not',
    rule: 'C7',
    make: (liar) => product([{ ...productChange(liar, [title]), kind: 'coupon' }]),
  },
  {
    name: 'sends what is no change',
    rule: 'M1',
    make: (liar) => product([{ ...productChange(liar, [title]), bytes: new Uint8Array([1, 2, 3]) }]),
  },
  {
    name: 'writes under the actor of another region',
    rule: 'M1',
    make: (liar) => product([productChange(liar, [title], 'eu-west-1')]),
  },
  {
    name: 'says that another region has written it',
    rule: 'M1',
    make: (liar) => product([productChange(liar, [title], liar.id, liar.now(), 'eu-west-1')]),
  },
  {
    name: 'says that it was written tomorrow',
    rule: 'M1',
    make: (liar) =>
      product([productChange(liar, [title], liar.id, { wallMs: liar.now().wallMs + 86_400_000, counter: 0 })]),
  },
  {
    name: 'puts a number where a variant belongs',
    rule: 'M1',
    make: (liar) => product([productChange(liar, [{ map: 'variants', key: 'mug', value: 5 }])]),
  },
  {
    name: 'puts a claim of no time',
    rule: 'M1',
    make: (liar) => {
      const value = { title: 'Mug', price: 1, currencyCode: 'GBP', claimed: ['when', formatTime(liar.now())] }
      return product([productChange(liar, [{ map: 'variants', key: 'mug', value }])])
    },
  },
  {
    name: 'places a product in one home',
    rule: 'C12',
    make: (liar) => ({
      events: [event('product.updated', 'liar-product')],
      documents: [{ ...productChange(liar, [title]), kind: 'contact' }],
    }),
  },
  { name: 'places an order without lines', rule: 'C7', make: (liar) => order(liar, { ...goodOrder, lines: null }) },
  {
    name: 'places an order of minus one',
    rule: 'C7',
    make: (liar) => order(liar, { ...goodOrder, lines: [{ id: 'l', sku: 'mug', quantity: -1, unitPrice: 1 }] }),
  },
  {
    name: 'places an order as another region',
    rule: 'C7',
    make: (liar) => order(liar, { ...goodOrder, origin: 'eu-west-1' }),
  },
  {
    name: 'settles for a region that it has not taken over',
    rule: 'S8',
    make: (liar) => order(liar, { ...settled, id: `settled:eu-west-1:${settled.reason}`, holder: 'eu-west-1' }),
  },
  {
    name: 'settles under the name of what another region settles',
    rule: 'C7',
    make: (liar) => order(liar, { ...settled, id: `settled:eu-west-1:${settled.reason}` }),
  },
  {
    name: 'tells a fact without the change that keeps it',
    rule: 'W3',
    make: (liar) => ({ ...order(liar, goodOrder), documents: [] }),
  },
  {
    name: 'changes an order without a fact',
    rule: 'W3',
    make: (liar) => ({ ...order(liar, goodOrder), events: [event('cart.updated', 'liar-order')] }),
  },
  {
    name: 'folds what does not fold',
    rule: 'C11',
    make: () => ({ events: [event('document.folded', 'o1', { kind: 'order', heads: [] })] }),
  },
  {
    name: 'folds a product at heads that are not there',
    rule: 'M1',
    make: () => ({ events: [event('document.folded', 'mug-product', { kind: 'product', heads: ['ab'.repeat(32)] })] }),
  },
  { name: 'has written before it was born', rule: 'C1', make: (liar) => ({ clock: { [liar.id]: 7 } }) },
]
