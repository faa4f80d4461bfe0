// SDL of the subgraph `resident`: what is personal and stays in a customer's home region. The router sends
// representations and commands to the region that `homeRegion` names. Knows nothing of how personal data is kept.

import { commonSdl, federationHeaderSdl } from './common.ts'

const contactFieldsSdl = /* GraphQL */ `
  "Full name. Null where it is not set, and in any region but the home region."
  name: String
  "Null where it is not set, and in any region but the home region."
  email: String
  "Free words of the shop, sorted. Null in any region but the home region."
  tags: [String!]
  "By id. Null in any region but the home region."
  addresses: [Address!]
`

const residentTypesSdl = /* GraphQL */ `
"A postal address of a customer; \`id\` is unique within the customer."
type Address {
  id: ID!
  "Street lines, one or more."
  lines: [String!]!
  city: String!
  postalCode: String!
  "ISO 3166-1 alpha-2: \\"GB\\"."
  countryCode: String!
}

"""
Creates or changes a customer. Absent fields stay as they are, null clears. \`homeRegion\` is needed on creation (left out: the
answering region) and never changes after. A list given for tags or addresses removes only entries that the answering region
already held.
"""
input UpsertCustomerInput {
  "The same key with the same input gives the first answer again; with another input, IDEMPOTENCY_CONFLICT."
  idempotencyKey: ID
  id: ID!
  homeRegion: ID
  name: String
  email: String
  tags: [String!]
  addresses: [AddressInput!]
}

input AddressInput {
  id: ID!
  lines: [String!]!
  city: String!
  postalCode: String!
  countryCode: String!
}

type CustomerPayload {
  "As it stands after the command; null where it was refused."
  customer: Customer
  "How many regions hold the write; null where it was refused or nothing was asked."
  durability: DurabilityReport
  "Covers the write: in the header causeway-token, with causeway-consistency: session, it reads your own write in any region."
  causalToken: CausalToken
  userErrors: [UserError!]!
}

extend type Mutation {
  "Errors: INVALID, FORBIDDEN, RESIDENCY_VIOLATION (asked of a region that is not the home), IDEMPOTENCY_CONFLICT."
  upsertCustomer(input: UpsertCustomerInput!): CustomerPayload!
}
`

/** For the region's one schema, where `Customer` is already declared. */
export const residentExtensionSdl = /* GraphQL */ `
extend type Customer {
${contactFieldsSdl}
}
${residentTypesSdl}
`

/** The subgraph as federation composes it. */
export const residentSdl = /* GraphQL */ `
${federationHeaderSdl}
${commonSdl}
type Customer implements Node @key(fields: "id homeRegion") {
  id: ID!
  "Where the personal data lives."
  homeRegion: ID!
${contactFieldsSdl}
}
${residentTypesSdl}
`
