// SDL of stock that is lent to devices, so that they sell without a connection.

export const leasesSdl = /* GraphQL */ `
"Units of a SKU lent to a device until a time: nobody else sells them meanwhile, and none comes back by itself."
type StockLease implements Node @key(fields: "id") {
  id: ID!
  deviceId: ID!
  sku: ID!
  quantity: Int!
  "Units that the device sold, as far as the answering region knows its chain."
  sold: Int!
  opensAt: DateTime!
  "When the device stops, by its own clock. What is left stays lent until the lease is closed."
  expiresAt: DateTime!
  "Nothing more of its chain is taken. What was left goes back once every region knows that."
  closed: Boolean!
  "Number of the last entry that the answering region knows; 0 before the first."
  lastEntry: Int!
  "True where the device has signed two entries with one number: it was copied, or lost its storage."
  forked: Boolean!
}

"""
\`publicKey\` is the device's own Ed25519 key, 32 bytes in base64url: its signed entries count, and nothing else does. A lease without
one can be closed at once, and cannot be sold from offline.
"""
input LeaseStockInput {
  idempotencyKey: ID
  deviceId: ID!
  sku: ID!
  "1 to 1,000,000."
  quantity: Int!
  "1 to 43,200: thirty days."
  minutes: Int!
  publicKey: String
}

"One link of a device's chain: the exact text that was signed, and the signature in base64url. See docs/PROTOCOL.md."
input LeaseEntryInput {
  payload: String!
  signature: String!
}

input LeaseChainInput {
  id: ID!
  "1 to 1,000, in any order. What is known already changes nothing; where some are missing, \`leaseEntry\` says from which on."
  entries: [LeaseEntryInput!]!
}

input CloseLeaseInput {
  idempotencyKey: ID
  id: ID!
  "The rest of the chain, ending with the device's signed close."
  entries: [LeaseEntryInput!]
  """
  Staff and operators: end the lease without the device's word. What it sold and has not told yet is refused when it comes,
  though the goods may be gone.
  """
  withoutDevice: Boolean = false
  note: String
}

type LeasePayload {
  "Null where it was refused."
  lease: StockLease
  "Covers the write: in the header causeway-token, with causeway-consistency: session, it reads your own write in any region."
  causalToken: CausalToken
  "What the caller did wrong; empty when the command was accepted."
  userErrors: [UserError!]!
}

type StockLeaseConnection {
  edges: [StockLeaseEdge!]!
  pageInfo: PageInfo!
  totalCount: SafeInt
}

type StockLeaseEdge {
  node: StockLease!
  cursor: String!
}

extend type Query {
  """
  Newest first: of all devices for staff, for a device its own. \`open: true\` for those that have not ended, \`false\` for those that have.
  \`first\` is 1 to 500; cursors are valid in every region.
  """
  leases(first: Int = 50, after: String, deviceId: ID, sku: ID, open: Boolean): StockLeaseConnection!
}

extend type Mutation {
  """
  Lends units of this region's rights to a device. Devices lease for themselves, staff for any. Errors: INVALID, NOT_FOUND,
  OUT_OF_STOCK, STOCK_UNREACHABLE, FORBIDDEN.
  """
  leaseStock(input: LeaseStockInput!): LeasePayload!
  """
  Ends a lease, by the device's signed close or, for staff, without it. Errors: NOT_FOUND, INVALID, LEASE_EXPIRED,
  ILLEGAL_TRANSITION (neither of the two), FORBIDDEN.
  """
  closeLease(input: CloseLeaseInput!): LeasePayload!
}
`
