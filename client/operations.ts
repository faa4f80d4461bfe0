// The GraphQL that the SDK speaks: one mutation per command, one query per kind, two subscriptions. Text and types only.

import type { Money } from './views.ts'

const money = '{ amount currencyCode }'

const selections = {
  product: `{ id title description tags archived updatedAt variants { sku title price ${money} } }`,
  stock: '{ sku available reserved leased onHand rights { region units } updatedAt }',
  order: `{ id status fulfilmentState cancelled customerId region placedAt subtotal ${money} total ${money}
    adjustments { kind label amount ${money} } lines { id sku quantity returnedQuantity unitPrice ${money} } }`,
  cart: '{ id customerId updatedAt lines { sku quantity } }',
  customer: '{ id homeRegion name email tags erased updatedAt }',
} as const

export const queries = {
  probe: '{ __typename }',
  products: `query ($first: Int!, $after: String) { products(first: $first, after: $after) {
    edges { node ${selections.product} } pageInfo { hasNextPage endCursor } } }`,
  ordersOf: `query ($customerId: ID!, $first: Int!, $after: String) { orders(customerId: $customerId, first: $first, after: $after) {
    edges { node ${selections.order} } pageInfo { hasNextPage endCursor } } }`,
  stock: `query ($id: ID!) { stock(sku: $id) ${selections.stock} }`,
  order: `query ($id: ID!) { order(id: $id) ${selections.order} }`,
  cart: `query ($id: ID!) { cart(id: $id) ${selections.cart} }`,
  customer: `query ($id: ID!) { customer(id: $id) ${selections.customer} }`,
} as const

export const subscriptions = {
  stockChanged: `subscription ($skus: [ID!]!, $after: CausalToken) { stockChanged(skus: $skus, after: $after) ${selections.stock} }`,
  orderChanged: `subscription ($id: ID!, $after: CausalToken) { orderChanged(id: $id, after: $after) ${selections.order} }`,
} as const

export interface CommandInputs {
  readonly placeOrder: {
    /** Made by the app, best a UUID: placing the same id again is the same order. */
    readonly id: string
    readonly customerId?: string | null
    readonly lines: readonly {
      readonly id?: string
      readonly sku: string
      readonly quantity: number
      readonly unitPrice?: Money
    }[]
    readonly adjustments?: readonly {
      readonly kind: 'DISCOUNT' | 'SHIPPING' | 'TAX' | 'OTHER'
      readonly label: string
      readonly amount: Money
    }[]
    readonly durability?: number
  }
  readonly cancelOrder: { readonly id: string; readonly note?: string }
  readonly shipOrder: { readonly id: string; readonly note?: string }
  readonly deliverOrder: { readonly id: string; readonly note?: string }
  readonly returnOrderLines: {
    readonly id: string
    readonly lines: readonly { readonly lineId: string; readonly quantity: number; readonly restock?: boolean }[]
    readonly note?: string
  }
  /** Absent fields stay, null clears. */
  readonly upsertCustomer: {
    readonly id: string
    readonly homeRegion?: string
    readonly name?: string | null
    readonly email?: string | null
    readonly tags?: readonly string[]
    readonly addresses?: readonly {
      readonly id: string
      readonly lines: readonly string[]
      readonly city: string
      readonly postalCode: string
      readonly countryCode: string
    }[]
  }
  readonly receiveStock: { readonly sku: string; readonly quantity: number }
  readonly recordStockMovements: {
    readonly movements: readonly {
      readonly id: string
      readonly sku: string
      readonly kind: 'RECEIPT' | 'SALE' | 'RETURN' | 'WRITE_OFF'
      readonly quantity: number
      readonly at?: string
    }[]
  }
}

export type CommandName = keyof CommandInputs

const inputTypes: Readonly<Record<CommandName, string>> = {
  placeOrder: 'PlaceOrderInput',
  cancelOrder: 'OrderInput',
  shipOrder: 'OrderInput',
  deliverOrder: 'OrderInput',
  returnOrderLines: 'ReturnOrderLinesInput',
  upsertCustomer: 'UpsertCustomerInput',
  receiveStock: 'ReceiveStockInput',
  recordStockMovements: 'RecordStockMovementsInput',
}

const orderAnswer = `order ${selections.order}`
const answers: Readonly<Record<CommandName, string>> = {
  placeOrder: orderAnswer,
  cancelOrder: orderAnswer,
  shipOrder: orderAnswer,
  deliverOrder: orderAnswer,
  returnOrderLines: orderAnswer,
  upsertCustomer: `customer ${selections.customer}`,
  receiveStock: `stock ${selections.stock}`,
  recordStockMovements: 'accepted rejected { id code message }',
}

export function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(inputTypes, text)
}

/** The mutation of a command; its answer is at the command's name. */
export function mutationOf(name: CommandName): string {
  return `mutation ($input: ${inputTypes[name]}!) { ${name}(input: $input) { ${answers[name]} causalToken userErrors { code message field sku available } } }`
}
