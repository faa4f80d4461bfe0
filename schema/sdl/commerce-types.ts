// SDL of what the subgraph `commerce` gives out: catalogue, stock, orders, carts, the public part of customers, events.

export const commerceTypesSdl = /* GraphQL */ `
type PageInfo {
  hasNextPage: Boolean!
  "True where the page was asked for with a cursor."
  hasPreviousPage: Boolean!
  startCursor: String
  "Give it as \`after\` for the next page."
  endCursor: String
}

type Money {
  "In units of the currency: \\"12.50\\"."
  amount: Decimal!
  "ISO 4217, three letters."
  currencyCode: String!
}

input MoneyInput {
  "With no more decimals than the currency has; up to 2^53 of its smallest units."
  amount: Decimal!
  "A currency of ISO 4217: \\"GBP\\"."
  currencyCode: String!
}

type LostClaim {
  "\`sku/85123A\`, or \`email\`."
  path: String!
  "Whose it is; of an email only staff are told."
  holderId: ID
  "When the holder claimed it."
  since: DateTime!
}

type Product implements Node @key(fields: "id") {
  id: ID!
  title: String!
  "Empty where it was never set."
  description: String!
  "Sorted."
  tags: [String!]!
  "By SKU."
  variants: [ProductVariant!]!
  "No longer offered; orders keep naming it."
  archived: Boolean!
  "SKUs of its variants that another product had claimed earlier: orders for them find that one."
  lostClaims: [LostClaim!]!
  "When its newest change was written, in whichever region."
  updatedAt: DateTime!
}

"What is bought: one SKU of a product. Its id is \`variant:\` and the SKU."
type ProductVariant implements Node @key(fields: "id") @key(fields: "sku") {
  id: ID!
  sku: ID!
  title: String!
  price: Money!
  product: Product!
  "All zeros where the SKU has never been received."
  stock: StockLevel
}

"Stock of one SKU as the answering region knows it. available = onHand - reserved - leased. Its id is \`stock:\` and the SKU."
type StockLevel implements Node @key(fields: "id") @key(fields: "sku") {
  id: ID!
  sku: ID!
  "Units that can still be sold, in whichever region."
  available: Int!
  "Units held by orders that have not shipped."
  reserved: Int!
  "Units lent to devices and not yet sold or returned."
  leased: Int!
  "Units in the house: received and returned, less shipped and written off."
  onHand: Int!
  "Each region's share: how many units it may sell without asking anyone. By region."
  rights: [StockRight!]!
  "When the answering region last learned of a change."
  updatedAt: DateTime!
}

"A view of the two lattices below, the furthest of: CANCELLED, REFUNDED, DELIVERED, SHIPPED, PAID, PLACED."
enum OrderStatus {
  PLACED
  PAID
  SHIPPED
  DELIVERED
  CANCELLED
  REFUNDED
}

enum OrderPaymentState {
  UNPAID
  AUTHORIZED
  PAID
  PARTIALLY_REFUNDED
  REFUNDED
}

enum FulfilmentState {
  UNFULFILLED
  SHIPPED
  DELIVERED
  RETURNED
}

type Order implements Node @key(fields: "id") {
  id: ID!
  status: OrderStatus!
  paymentState: OrderPaymentState!
  fulfilmentState: FulfilmentState!
  cancelled: Boolean!
  "Null for an order without a customer, or one whose customer is not known here."
  customer: Customer
  customerId: ID
  "Where it was placed."
  region: ID!
  lines: [OrderLine!]!
  "Sum of quantity times unit price over the lines as they were bought."
  subtotal: Money!
  "Discounts (negative), shipping, tax: computed by the shop, carried and summed here."
  adjustments: [OrderAdjustment!]!
  "Subtotal and adjustments."
  total: Money!
  placedAt: DateTime!
  "Every fact that the states were computed from, in causal order, refused ones included."
  timeline: [OrderFact!]!
}

type OrderLine {
  "Unique within the order."
  id: ID!
  sku: ID!
  "Units bought; never changes."
  quantity: Int!
  "Units of them that came back, or were not sent in the end; only grows."
  returnedQuantity: Int!
  "Of those, units that the customer says come back, and neither staff nor a till have taken in yet."
  announcedQuantity: Int!
  unitPrice: Money!
}

type OrderAdjustment {
  kind: OrderAdjustmentKind!
  label: String!
  "Negative for what lowers the total."
  amount: Money!
}

enum OrderAdjustmentKind {
  DISCOUNT
  SHIPPING
  TAX
  OTHER
}

type OrderFact {
  "placed, shipped, delivered, cancelled, returned."
  kind: String!
  at: DateTime!
  "Where it was written."
  region: ID!
  "False for a fact that lost against a concurrent one; it changed nothing."
  accepted: Boolean!
  note: String
}

"What is personal lives in the home region: name, email, tags and addresses are null where it cannot be reached or seen."
type Customer implements Node @key(fields: "id homeRegion") {
  id: ID!
  "Where the personal data lives."
  homeRegion: ID!
  "Newest first. \`first\` is 1 to 500."
  orders(first: Int = 20, after: String): OrderConnection!
  "Its email, where another customer had claimed it earlier, in another region: give one of them another."
  lostClaims: [LostClaim!]!
  "True once the personal data was erased."
  erased: Boolean!
  "When the public part last changed."
  updatedAt: DateTime!
}

type Cart implements Node @key(fields: "id") {
  id: ID!
  customerId: ID
  "By SKU."
  lines: [CartLine!]!
  updatedAt: DateTime!
}

type CartLine {
  sku: ID!
  quantity: Int!
}

"One business fact in the replicated log. Its id is origin:sequence."
type Event implements Node @key(fields: "id") {
  id: ID!
  "What happened: \\"order.placed\\"."
  type: String!
  entityId: ID!
  "Null where the event's placement keeps it from the answering region."
  data: JSON
  originRegion: ID!
  "Position in the origin's log: dense, from 1."
  sequence: SafeInt!
  "What the origin had seen when it committed: {\\"us-east-1\\": 12, \\"eu-west-1@2\\": 7}."
  vectorClock: JSON!
  "Hybrid time of the commit that carries it, to the millisecond."
  at: DateTime!
  "SHA-256 of the header of the commit that carries it, hex: the same in every region, and named by the origin's next commit."
  checksum: String!
}

type ProductConnection {
  edges: [ProductEdge!]!
  pageInfo: PageInfo!
  "Of all pages, as of now."
  totalCount: SafeInt
}

type ProductEdge {
  node: Product!
  cursor: String!
}

type OrderConnection {
  edges: [OrderEdge!]!
  pageInfo: PageInfo!
  "Of all pages, as of now."
  totalCount: SafeInt
}

type OrderEdge {
  node: Order!
  cursor: String!
}

type EventConnection {
  edges: [EventEdge!]!
  pageInfo: PageInfo!
}

type EventEdge {
  node: Event!
  cursor: String!
}
`
