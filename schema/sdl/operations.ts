// SDL of the subgraph `operations`: each region about itself; and of `cluster`, which whoever sees all regions answers:
// the gateway from its own health state joined with `operations`, a region asked directly from its links.

import { federationHeaderSdl } from './common.ts'
import { scalarsSdl } from './scalars.ts'

const linkSdl = /* GraphQL */ `
"One directed replication link, as its receiving side sees it."
type ReplicationLink @shareable {
  "The region that sends."
  from: ID!
  "The region that receives."
  to: ID!
  connected: Boolean!
  "Age of the oldest thing that the sender has and the receiver lacks, milliseconds; 0 when caught up."
  lagMs: Float!
  "Events that the sender has and the receiver lacks."
  lagEvents: SafeInt!
  "Received, compressed, moving average."
  bytesPerSecond: Float!
  "Received bytes for each event, compressed, moving average."
  bytesPerEvent: Float!
}
`

const statusSdl = /* GraphQL */ `
"A region about itself."
type RegionStatus {
  id: ID!
  "Under which name its log is written: the region, and its incarnation from the second on."
  origin: ID!
  "The regions of the cluster, this one included."
  members: [ID!]!
  "False while it must not serve."
  ready: Boolean!
  "Why it is not ready, in words; null when it is."
  reason: String
  "Commits applied here since the region's first start."
  position: SafeInt!
  "What it has applied: highest sequence by origin."
  frontier: JSON!
  "The frontier as a token."
  token: CausalToken!
  "SHA-256 over everything that replicates everywhere, hex: equal digests at equal frontiers mean converged."
  digest: String!
  "The links that this region receives from, one for each other member."
  replication: [ReplicationLink!]!
  "The region's clock."
  at: DateTime!
}

extend type Query {
  "The answering region about itself. Staff and operators only: FORBIDDEN otherwise."
  regionStatus: RegionStatus!
}
`

const clusterTypesSdl = /* GraphQL */ `
enum RegionState {
  "Serves, and keeps up."
  HEALTHY
  "Serves, but is slow, fails at times or lags."
  DEGRADED
  "Does not answer."
  UNREACHABLE
  "Still serves what it has begun; new traffic goes elsewhere."
  DRAINING
  "Left the cluster."
  RETIRED
}

"A region as the answering process sees it."
type Region @shareable {
  id: ID!
  state: RegionState!
  "Why the state is what it is, in words."
  reason: String!
  "Round trip from the answering gateway, milliseconds, moving average; 0 where it is not measured."
  latencyMs: Float!
  "Share of failed calls from the answering gateway, 0 to 1, moving average; 0 where it is not measured."
  errorRate: Float!
  "How far this region is behind each other one; null where it cannot be asked."
  replication: [ReplicationLink!]
  "Digest of all state that replicates everywhere: equal digests at equal frontiers mean converged. Null where it cannot be asked."
  digest: String
  "What it has applied: highest sequence by origin. Null where it cannot be asked."
  frontier: JSON
}

extend type Query {
  "Every member of the cluster, by id."
  regions: [Region!]!
}

extend type Subscription {
  "The state now, then every change of it. There is nothing to take up: a new subscription starts with the state then. The token of each covers the frontiers that it shows."
  regionsChanged: [Region!]!
}
`

/** For a region's one schema. */
export const operationsExtensionSdl: string = linkSdl + statusSdl + clusterTypesSdl

/** The subgraph as federation composes it. */
export const operationsSdl = /* GraphQL */ `
${federationHeaderSdl}
${scalarsSdl}
${linkSdl}
${statusSdl}
`

/** What the gateway answers itself, as one more subgraph of its own. */
export const clusterSdl = /* GraphQL */ `
${federationHeaderSdl}
${scalarsSdl}
${linkSdl}
${clusterTypesSdl}
`
