// SDL of what an operator must look at. An incident is a fact of the region that raised it, and lies there alone; it stands
// in the subgraph `commerce`, because that one answers `node`.

export const incidentsSdl = /* GraphQL */ `
"""
Something an operator must look at: salvage, debt, equivocation, quarantine, divergence. It is known to the region that raised it
alone; that region's name is part of its id. To list or resolve those of a certain region, ask that region (causeway-region).
"""
type Incident implements Node @key(fields: "id") {
  id: ID!
  kind: String!
  "The region that raised it."
  region: ID!
  "Events, documents or other entities that it is about."
  entityIds: [ID!]!
  "What happened, what was kept, and what to do."
  detail: String!
  at: DateTime!
  "Null while it is open."
  resolvedAt: DateTime
  "What was said when it was resolved; null while it is open."
  note: String
}

type IncidentConnection {
  edges: [IncidentEdge!]!
  pageInfo: PageInfo!
}

type IncidentEdge {
  node: Incident!
  cursor: String!
}

"\`idempotencyKey\` is not needed: the first resolution stands."
input ResolveIncidentInput {
  idempotencyKey: ID
  id: ID!
  note: String!
}

type IncidentPayload {
  "As it stands after the call; null where it was refused."
  incident: Incident
  userErrors: [UserError!]!
}

extend type Query {
  """
  Incidents of the answering region, newest first; with \`open\`, only open or only resolved ones. \`first\` is 1 to 500. Staff and
  operators only.
  """
  incidents(first: Int = 50, after: String, open: Boolean): IncidentConnection!
}

extend type Mutation {
  """
  Says that an incident has been dealt with. What it does beside that is told in the incident's detail. Operators only. Errors:
  NOT_FOUND, also for an incident of another region, FORBIDDEN, INVALID.
  """
  resolveIncident(input: ResolveIncidentInput!): IncidentPayload!
}
`
