// SDL of the conflict log: what was written at the same time in several places, and what came of it. In the subgraph
// `commerce`, since the log of what replicates everywhere is the same in every region.

export const conflictsSdl = /* GraphQL */ `
"""
Changes of one field or rule of a document that were made in several places without knowing of each other, and which of them stands.
The same in every region that has applied the same.
"""
type Conflict implements Node @key(fields: "id") {
  "Stays the same while values are added; of a conflict whose oldest values are no longer kept another one, and the old one still leads to it."
  id: ID!
  documentId: ID!
  "The field or rule: \`title\`, \`tags/sale\`, \`variants/85123A\`, \`fulfilment\`, \`lines/1\`; of a claim that was lost \`sku/85123A\` or \`email\`, with the claimants' ids as values."
  path: String!
  "The concurrent values, the standing one first. Each change that was concurrent with another one of them is told."
  values: [ConflictingValue!]!
  "Which rule decided: \`last-writer\`, \`add-wins\`, \`text-merge\` (all stand), \`earliest-claim\`, \`shipment-stands\`, \`earlier-counts-first\`."
  policy: String!
  "When the later one of the newest two was written."
  detectedAt: DateTime!
}

type ConflictingValue {
  "Null where the change removed what was there."
  value: JSON
  "Where it was written."
  region: ID!
  at: DateTime!
}

type ConflictConnection {
  edges: [ConflictEdge!]!
  pageInfo: PageInfo!
  "Pairs of concurrent changes that the answering region keeps, of all documents."
  keptPairs: SafeInt!
}

type ConflictEdge {
  node: Conflict!
  cursor: String!
}

extend type Query {
  """
  Newest first; with \`documentId\`, of that document alone. \`first\` is 1 to 500; cursors are valid in every region. What is personal
  is left out. A page may hold fewer than \`first\` and still have a next one: go on from \`endCursor\`. Staff and operators only.
  """
  conflicts(first: Int = 50, after: String, documentId: ID): ConflictConnection!
}
`
