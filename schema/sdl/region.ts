// The one schema that a region serves at /graphql: every placement merged into plain SDL, and the two fields through
// which a federated router asks for entities. Written by hand, for the usual library carries a licence we cannot take.

import { commerceBaseSdl } from './commerce.ts'
import { commonSdl, federationDirectivesSdl } from './common.ts'
import { operationsExtensionSdl } from './operations.ts'
import { residentExtensionSdl } from './resident.ts'

const entitiesSdl = /* GraphQL */ `
"Federation: what a router knows of an entity, __typename and key fields."
scalar _Any
union _Entity = Product | ProductVariant | StockLevel | Order | Customer | Cart | Event | Incident | Conflict
type _Service {
  sdl: String
}

extend type Query {
  "Federation: entities by key, in the order given; null where there is none. Up to 1,000."
  _entities(representations: [_Any!]!): [_Entity]!
  "Federation: the SDL of this schema."
  _service: _Service!
}
`

export const regionSdl: string = [
  federationDirectivesSdl,
  commonSdl,
  commerceBaseSdl,
  residentExtensionSdl,
  operationsExtensionSdl,
  entitiesSdl,
].join('\n')
