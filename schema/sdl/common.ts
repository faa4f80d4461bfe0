// SDL that more than one subgraph needs, and the federation header of each. Declares no root field.

import { scalarsSdl } from './scalars.ts'

export const federationHeaderSdl = /* GraphQL */ `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable"])
`

/** What a plain GraphQL schema needs to understand the federation directives used here. */
export const federationDirectivesSdl = /* GraphQL */ `
"A selection of fields, as federation writes it."
scalar FieldSet
"Federation: another subgraph can ask for this entity by these fields."
directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
"Federation: more than one subgraph can answer this."
directive @shareable repeatable on OBJECT | FIELD_DEFINITION
`

export const commonSdl = /* GraphQL */ `
${scalarsSdl}
"Anything with an id of its own. Ids are unique over all kinds, and the same in every region."
interface Node {
  id: ID!
}

"What the caller did wrong; nothing was written. \`code\` is a closed enum; \`field\` is the path in the input."
type UserError @shareable {
  code: UserErrorCode!
  "One sentence for a person."
  message: String!
  "Path in the input, indexes of lists as decimal strings: [\\"lines\\", \\"0\\", \\"quantity\\"]."
  field: [String!]
  "For stock refusals: the SKU that was short."
  sku: ID
  "For stock refusals: units that can still be sold, as far as the answering region knows."
  available: Int
  "For stock refusals: where those units are."
  rights: [StockRight!]
  "Where entries of a lease's chain are missing: number of the first one to send. Ask again with them, under the same key."
  leaseEntry: Int
}

enum UserErrorCode {
  "The input breaks a rule of shape or range."
  INVALID
  "Something that the input names does not exist."
  NOT_FOUND
  "More than a bound allows."
  LIMIT_EXCEEDED
  "The idempotency key was used with another input."
  IDEMPOTENCY_CONFLICT
  "The state of the entity does not allow this step."
  ILLEGAL_TRANSITION
  "The caller may not do this."
  FORBIDDEN
  "No region that could be asked has units left."
  OUT_OF_STOCK
  "Units exist in a region that cannot be reached now."
  STOCK_UNREACHABLE
  "The price is no longer the one that the customer was shown."
  PRICE_CHANGED
  "The amounts are not all in one currency."
  CURRENCY_MISMATCH
  "The payment provider said no."
  PAYMENT_DECLINED
  "The data may not be held where it was sent."
  RESIDENCY_VIOLATION
  "The device's stock lease had ended."
  LEASE_EXPIRED
  "The command is older than outcomes are kept."
  COMMAND_EXPIRED
}

"One region's share of a SKU: how many units it may sell without asking anyone."
type StockRight @shareable {
  region: ID!
  "Units, never negative."
  units: Int!
}

"How many regions had applied the write when the answer was given. The write stands whether or not the limit ran out."
type DurabilityReport @shareable {
  "Regions asked for, this one included."
  requested: Int!
  "Regions that are known to hold the write."
  reached: Int!
  "True where the time limit ended the wait."
  timedOut: Boolean!
}
`
