// SDL of what devices need beside the rest: one subscription that keeps a replica current, and one mutation for direct changes.
// Part of `commerce`. What the JSON of an item holds is docs/PROTOCOL.md's to say; schema/sync has its types.

export const devicesSdl = /* GraphQL */ `
"What a device follows. Names are the device's own, and never used again for another scope."
input DeviceScopeInput {
  "1 to 64 letters, digits, dots, underscores and dashes."
  name: ID!
  "Products; without a filter, all."
  products: DeviceProductsInput
  "SKUs."
  stock: [ID!]
  "Order ids."
  orders: [ID!]
  "Every order of a customer. FORBIDDEN for another customer's."
  ordersOf: ID
  carts: [ID!]
  "A customer and, in their home region, their contact."
  customer: ID
}

input DeviceProductsInput {
  "Words that all occur in title, description, tags, SKUs or titles of variants."
  search: String
  tag: String
}

enum DeviceSyncPhase {
  CATCHING_UP
  LIVE
}

"Stored by the device as one step: items and cursor together."
type DeviceSync {
  "Given back as \`after\`, in any region."
  cursor: String!
  "Once this message is stored, everything in the held scopes reflects at least this."
  at: CausalToken!
  phase: DeviceSyncPhase!
  "Items of this stream's loads so far."
  loaded: Int!
  "Items of this stream's loads in all, as counted when it began."
  total: Int!
  "The region's time."
  now: DateTime!
  region: ID!
  "Every region of the cluster."
  regions: [ID!]!
  items: [DeviceItem!]!
  "Of each: the message holds all items of the scope in it, so that others are gone."
  spans: [DeviceSpan!]!
  "Scopes that the device holds whole with this message."
  held: [ID!]!
}

type DeviceItem {
  "product, order, customer, stock, cart or contact."
  kind: ID!
  "Of stock: its SKU."
  id: ID!
  "Scopes that it belongs to now; where none, the device lets go of it."
  scopes: [ID!]!
  "Null where there is none, or the caller may not see it."
  content: JSON
}

"Ids after \`after\` up to \`upTo\`, by code units; null is the end."
type DeviceSpan {
  scope: ID!
  kind: ID!
  after: ID
  upTo: ID
}

"Direct changes of documents that the caller owns, in the order in which they were made; up to 100."
input ApplyUnitsInput {
  units: [UnitInput!]!
}

"One direct change. Its id is its idempotency key: the same unit in any region gives the same change once."
input UnitInput {
  "16 to 128 letters, digits, dots, underscores and dashes; one that holds a UUID of version 7 tells its age."
  id: ID!
  "cart or contact."
  kind: ID!
  documentId: ID!
  "Heads of the document that the device's user saw, hex; of a new one, those of its kind's first change."
  base: [String!]!
  "Units whose changes are among the base and whose outcome the device does not know."
  dependsOn: [ID!]!
  "Up to 500 of {map, key, value} or {map, key, remove: true}."
  patches: [JSON!]!
  "Hybrid time: the region's time at the device's last sync, and what has passed since."
  time: String!
  "The region whose time that is."
  region: ID!
}

enum UnitState {
  ACCEPTED
  "Nothing of it stands; \`code\` says why."
  REFUSED
  "Not known yet, or what it stands on is not here yet: send it again under its id."
  PENDING
}

"After DEPENDS_REFUSED, BASE_UNKNOWN and TIME_AHEAD the same patches may be sent as a new unit on what stands now."
enum UnitRefusalCode {
  INVALID
  FORBIDDEN
  LIMIT_EXCEEDED
  NOT_FOUND
  RESIDENCY_VIOLATION
  IDEMPOTENCY_CONFLICT
  COMMAND_EXPIRED
  DEPENDS_REFUSED
  BASE_UNKNOWN
  TIME_AHEAD
}

type UnitResult {
  id: ID!
  state: UnitState!
  code: UnitRefusalCode
  message: String
}

type ApplyUnitsPayload {
  "In the order of the input."
  results: [UnitResult!]!
  causalToken: CausalToken
  "The region's time."
  now: DateTime!
  userErrors: [UserError!]!
}

extend type Mutation {
  "For devices: direct changes made offline or not. Errors: LIMIT_EXCEEDED, INVALID; of each unit, its result."
  applyUnits(input: ApplyUnitsInput!): ApplyUnitsPayload!
}

extend type Subscription {
  """
  Everything in the scopes, then every change of it. Each \`next\` carries in \`extensions.causeway.token\` its cursor; \`after\` takes
  it up again in any region. Ends by itself after a bounded number of bytes: going on from the cursor acknowledges them.
  Errors: BAD_USER_INPUT, FORBIDDEN, UNSUPPORTED_VERSION (with the versions that are spoken), STALE_READ.
  """
  deviceSync(version: Int!, scopes: [DeviceScopeInput!]!, after: String): DeviceSync!
}
`
