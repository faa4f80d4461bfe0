// SDL of the subgraph `commerce`: what replicates everywhere, so that the nearest healthy region answers. Types are in
// commerce-types.ts, inputs and payloads in commerce-commands.ts. Declares nothing personal (resident.ts).

import { commerceCommandsSdl } from './commerce-commands.ts'
import { commerceTypesSdl } from './commerce-types.ts'
import { commonSdl, federationHeaderSdl } from './common.ts'
import { conflictsSdl } from './conflicts.ts'
import { devicesSdl } from './devices.ts'
import { incidentsSdl } from './incidents.ts'
import { leasesSdl } from './leases.ts'

const rootsSdl = /* GraphQL */ `
type Query {
  "Any entity by its id; null where there is none, or the caller may not see it."
  node(id: ID!): Node
  product(id: ID!): Product
  "Ordered by id; with \`search\`, by rank. \`first\` is 1 to 500. Errors: BAD_USER_INPUT for a bad cursor or bound."
  products(first: Int = 20, after: String, search: String, tag: String): ProductConnection!
  "Null where no product sells the SKU and it has never been received."
  stock(sku: ID!): StockLevel
  "Customers see their own orders; others' are null to them."
  order(id: ID!): Order
  "Newest first, by (placedAt, id). \`first\` is 1 to 500. Customers see their own; FORBIDDEN for another customerId."
  orders(first: Int = 20, after: String, customerId: ID, status: OrderStatus): OrderConnection!
  "Customers see themselves; others are null to them."
  customer(id: ID!): Customer
  "A cart that names a customer is seen by that customer and by staff, any other by who knows its id."
  cart(id: ID!): Cart
  """
  The replicated log in causal order; cursors are valid in every region. \`first\` is 1 to 500. With a filter a page may hold
  fewer than \`first\` entries and still have a next one: go on from \`endCursor\`. Staff and operators only.
  """
  events(first: Int = 50, after: String, entityId: ID, type: String): EventConnection!
}

"""
Every input may carry \`idempotencyKey\`: the same key with the same input gives the first answer again, in any region; with another
input, IDEMPOTENCY_CONFLICT. Bulk mutations answer per item and take each item whole or not at all; an empty list is answered with
nothing done, for an import may have nothing to send. The lines of an order or a return are no such list: there is at least one.
"""
type Mutation {
  "Staff and operators. Errors: INVALID, IDEMPOTENCY_CONFLICT, FORBIDDEN."
  upsertProduct(input: UpsertProductInput!): UpsertProductPayload!
  "Up to 1,000, answered in the order given; more is LIMIT_EXCEEDED and nothing is written."
  upsertProducts(input: UpsertProductsInput!): UpsertProductsPayload!
  "Adds units to the stock of a SKU; they are shared evenly among the regions. Errors: INVALID, NOT_FOUND, FORBIDDEN."
  receiveStock(input: ReceiveStockInput!): StockPayload!
  "For tills, scanners and imports: up to 10,000 movements; more is LIMIT_EXCEEDED and nothing is written. One that cannot be is among the rejected; the others stand."
  recordStockMovements(input: RecordStockMovementsInput!): RecordStockMovementsPayload!
  "Errors: INVALID, NOT_FOUND (SKU), OUT_OF_STOCK, STOCK_UNREACHABLE, PRICE_CHANGED, CURRENCY_MISMATCH, LEASE_EXPIRED, FORBIDDEN."
  placeOrder(input: PlaceOrderInput!): OrderPayload!
  "Up to 500, answered in the order given; more is LIMIT_EXCEEDED and nothing is written."
  placeOrders(input: PlaceOrdersInput!): PlaceOrdersPayload!
  "Staff and operators. Errors: NOT_FOUND, ILLEGAL_TRANSITION, FORBIDDEN."
  shipOrder(input: OrderInput!): OrderPayload!
  "Staff and operators. Errors: NOT_FOUND, ILLEGAL_TRANSITION, FORBIDDEN."
  deliverOrder(input: OrderInput!): OrderPayload!
  "Units are sold again once no region can have shipped them meanwhile. Errors: NOT_FOUND, ILLEGAL_TRANSITION, FORBIDDEN."
  cancelOrder(input: OrderInput!): OrderPayload!
  """
  From staff and tills: units that they have before them; \`restock\` says whether they are sold again. From customers: of a shipped
  order, units that they send back; these count as returned, and are sold again once staff or a till return them in turn
  (\`announcedQuantity\`). Before anything is shipped it cancels units, which are sold again as after \`cancelOrder\`.
  Errors: NOT_FOUND (order or line), INVALID (more than was bought), ILLEGAL_TRANSITION, FORBIDDEN.
  """
  returnOrderLines(input: ReturnOrderLinesInput!): OrderPayload!
  "Changes the given lines only. Errors: INVALID, NOT_FOUND (SKU), FORBIDDEN."
  updateCart(input: UpdateCartInput!): CartPayload!
}

"""
Every \`next\` carries \`extensions.causeway.token\`; \`after\` takes it up again in any region, without a gap or a repeat.
Without \`after\`: the state now, then every change.
"""
type Subscription {
  """
  1 to 1,000 SKUs, sold by a product or not; each level is exactly that of its token. The state now is one \`next\` for each SKU, all with one
  token: take that up once all have come. After a commit that changed several SKUs, one \`next\` each. Errors: BAD_USER_INPUT for what
  can be no SKU.
  """
  stockChanged(skus: [ID!]!, after: CausalToken): StockLevel!
  "Errors: NOT_FOUND where there is no such order that the caller may see."
  orderChanged(id: ID!, after: CausalToken): Order!
  "Without \`after\`: from now on. Staff and operators only."
  events(after: CausalToken, types: [String!]): Event!
}
`

/** For a region's one schema, too: the other placements extend these roots. */
export const commerceBaseSdl: string =
  commerceTypesSdl + commerceCommandsSdl + rootsSdl + leasesSdl + incidentsSdl + conflictsSdl + devicesSdl

/** The subgraph as federation composes it. */
export const commerceSdl: string = federationHeaderSdl + commonSdl + commerceBaseSdl
