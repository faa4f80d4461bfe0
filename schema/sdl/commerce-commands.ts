// SDL of what the subgraph `commerce` takes in and how it answers: inputs and payloads of its mutations.

/** Fields that every payload ends with. */
const answerFieldsSdl = /* GraphQL */ `
  "How many regions hold the write; null where it was refused, or no durability was asked for."
  durability: DurabilityReport
  "Covers the write: in the header causeway-token, with causeway-consistency: session, it reads your own write in any region."
  causalToken: CausalToken
  "What the caller did wrong; empty when the command was accepted."
  userErrors: [UserError!]!
`

export const commerceCommandsSdl = /* GraphQL */ `
"""
Creates or changes a product. Absent fields stay as they are, null clears. \`title\` and at least one variant are needed on creation.
Variants merge by sku; a new one needs title or the product's, and a price. \`removeVariants\` names SKUs.
"""
input UpsertProductInput {
  idempotencyKey: ID
  "1 to 128 of letters, digits and . _ : ~ -"
  id: ID!
  title: String
  description: String
  tags: [String!]
  variants: [VariantInput!]
  removeVariants: [ID!]
  archived: Boolean
}

input VariantInput {
  sku: ID!
  title: String
  "0 or more."
  price: MoneyInput
}

"Keys of the items are the call's key and their index, where the call has one and they have none."
input UpsertProductsInput {
  idempotencyKey: ID
  "Up to 1,000, or none."
  products: [UpsertProductInput!]!
}

input ReceiveStockInput {
  idempotencyKey: ID
  sku: ID!
  "1 to 2^31 - 1."
  quantity: Int!
}

enum StockMovementKind {
  "Units that came in from a supplier."
  RECEIPT
  "Units that were sold and left at once, at a till."
  SALE
  "Units that came back from a buyer."
  RETURN
  "Units that were lost, broken or stolen."
  WRITE_OFF
}

input RecordStockMovementsInput {
  idempotencyKey: ID
  "Up to 10,000, or none, in the order in which they happened."
  movements: [StockMovementInput!]!
}

"quantity is positive. \`id\` is unique within the call."
input StockMovementInput {
  id: ID!
  sku: ID!
  kind: StockMovementKind!
  quantity: Int!
  "When it happened; the commit's time where it is left out. A time ahead of the region's is stamped again (\`restamped\`)."
  at: DateTime
}

input PlaceOrderInput {
  idempotencyKey: ID
  "Client-made (UUID); placing the same id again, in any regions, is one order."
  id: ID!
  customerId: ID
  "1 to 2,000."
  lines: [OrderLineInput!]!
  "Up to 100. The total, which they are part of, is 0 or more: what goes back to a customer is no order."
  adjustments: [OrderAdjustmentInput!]
  "Staff and imports only. A time ahead of the region's is stamped again (\`restampedAt\`)."
  placedAt: DateTime
  "How many regions must have applied the order before the answer: 1 is this region alone."
  durability: Int = 1
  """
  What a device sold already, from leases: of each, the entries of its chain that no region is known to hold. All lines of
  a lease's SKU are taken from it, as many units as the chain says for this order. Up to 100.
  """
  leases: [LeaseChainInput!]
}

input OrderLineInput {
  "Unique within the order; made where absent."
  id: ID
  sku: ID!
  "1 to 2^31 - 1."
  quantity: Int!
  "From customers: the price they were shown, else PRICE_CHANGED. From staff and imports: the price charged, 0 or more."
  unitPrice: MoneyInput
}

input OrderAdjustmentInput {
  kind: OrderAdjustmentKind!
  label: String!
  "In the currency of the lines. Of a DISCOUNT, 0 or less. Only staff may give one that lowers the total."
  amount: MoneyInput!
}

"Keys of the items are the call's key and their index, where the call has one and they have none; an item with another input under its key is told IDEMPOTENCY_CONFLICT."
input PlaceOrdersInput {
  idempotencyKey: ID
  "Up to 500, or none."
  orders: [PlaceOrderInput!]!
}

input OrderInput {
  idempotencyKey: ID
  id: ID!
  "Kept on the order's timeline."
  note: String
}

input ReturnOrderLinesInput {
  idempotencyKey: ID
  id: ID!
  "1 to 2,000, each line once."
  lines: [ReturnLineInput!]!
  note: String
}

input ReturnLineInput {
  lineId: ID!
  quantity: Int!
  "False where the units cannot be sold again. For staff and tills to say: from customers it is not looked at."
  restock: Boolean = true
}

input UpdateCartInput {
  idempotencyKey: ID
  id: ID!
  customerId: ID
  lines: [CartLineInput!]!
}

"quantity 0 removes the line."
input CartLineInput {
  sku: ID!
  quantity: Int!
}

type UpsertProductPayload {
  "As it stands after the command; null where it was refused."
  product: Product
${answerFieldsSdl}
}

type UpsertProductsPayload {
  "One for each item, in the order given; empty where the call as a whole was refused."
  results: [UpsertProductPayload!]!
${answerFieldsSdl}
}

type StockPayload {
  "As it stands after the command; null where it was refused."
  stock: StockLevel
${answerFieldsSdl}
}

type RecordStockMovementsPayload {
  "How many movements were taken."
  accepted: Int!
  "Those that were not, in the order given."
  rejected: [RejectedMovement!]!
  "Those that were taken with the region's time in place of one that was ahead of it: the clock of who gave them is wrong."
  restamped: [RestampedMovement!]!
${answerFieldsSdl}
}

type RestampedMovement {
  id: ID!
  "What stands as its time."
  at: DateTime!
}

type RejectedMovement {
  id: ID!
  code: UserErrorCode!
  message: String!
  "Null where the movement had no SKU that can be one."
  sku: ID
  "For stock refusals: units that can still be sold, as far as the answering region knows, after the movements before it."
  available: Int
  "For stock refusals: where those units are."
  rights: [StockRight!]
}

type OrderPayload {
  "As it stands after the command; null where it was refused."
  order: Order
  "The region's time, where the command placed the order and gave a \`placedAt\` ahead of it: the caller's clock is wrong."
  restampedAt: DateTime
${answerFieldsSdl}
}

type PlaceOrdersPayload {
  "One for each item, in the order given; empty where the call as a whole was refused."
  results: [OrderPayload!]!
${answerFieldsSdl}
}

type CartPayload {
  "As it stands after the command; null where it was refused."
  cart: Cart
${answerFieldsSdl}
}
`
