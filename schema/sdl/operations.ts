// SDL of the subgraph `operations`: each region about itself; and of `cluster`, which whoever sees all regions answers:
// the gateway from its own health state joined with `operations`, a region asked directly from its links.

import { commonSdl, federationHeaderSdl } from './common.ts'
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
  "Commits that the sender has and the receiver lacks, by the sender's last word."
  lagCommits: SafeInt!
  "Received, compressed, moving average."
  bytesPerSecond: Float!
  "Received bytes for each event, compressed, moving average."
  bytesPerEvent: Float!
  "Since the receiving node began to hold the link: batches with commits, commits, events, and bytes of both its lines, compressed, heartbeats included."
  batches: SafeInt!
  commits: SafeInt!
  events: SafeInt!
  bytes: SafeInt!
  "Attempts to open its main line that failed."
  retries: SafeInt!
  "Times that its main line was open and broke."
  reconnects: SafeInt!
  "Times that it brought what cannot be read, or what its origin has not signed: nothing of that was applied, it was closed, and the same is fetched again (rule C6)."
  faults: SafeInt!
  "The rule and what was wrong, the last time; null where nothing was."
  lastFault: String
  "Commits of the sending region that the receiver keeps and does not apply: they break a rule, or are of a second log of its. Some seconds old; null while its database does not tell."
  quarantined: SafeInt
}

"How long a region's history is."
type RegionHistory @shareable {
  "The log at hand, and what the database takes for it."
  logCommits: SafeInt!
  logBytes: SafeInt!
  "What moved to the archive behind the stable frontier, and what it takes, compressed."
  archivedCommits: SafeInt!
  archivedBytes: SafeInt!
  "Documents whose history the answering node has folded since it started."
  foldedDocuments: SafeInt!
}

"What a region found when it compared its tables with the signed log and with its peers."
type Divergence @shareable {
  "When the last look at all tables ended; null on a node that has not led its region yet."
  checkedAt: DateTime
  "Rows that were other than the log says, and those of them that were put right, since the answering node started."
  found: SafeInt!
  repaired: SafeInt!
  open: [OpenDivergence!]!
}

"A difference that no evidence here can settle."
type OpenDivergence @shareable {
  "What differs: \`kind/id\` of a document, \`stock/sku\`, or a place of the log."
  subject: String!
  detail: String!
  since: DateTime!
}

"How reads of one consistency went at the answering node since it started."
type ConsistencyReads @shareable {
  "\`eventual\`, \`session\`, \`bounded\` or \`strong\`."
  consistency: String!
  served: SafeInt!
  "Answered with STALE_READ: the region was not as fresh in time."
  missed: SafeInt!
  "How old the served answers were, milliseconds, as far as it is known: moving average, and the greatest."
  averageStalenessMs: Float
  greatestStalenessMs: Float
}

"""
A region that was restored from an older copy and does not hold again all that it had shown others to hold. Until it does, it writes no
shipment, no return of lines and no entry of a device's chain, and answers nothing that is marked as sent again: REGION_UNAVAILABLE.
"""
type Restoration @shareable {
  "Members that have yet to say how far they hold what it had written before. One that is lost is to be retired."
  waitsFor: [ID!]!
  "Events that it had written before, that others hold and it does not, as far as that is known."
  lacksEvents: SafeInt!
}

"Whose orders it takes to retire a region: \`retireRegion\` refuses a call without one."
type OperatorKeys @shareable {
  "What orders are for, as the configuration names it."
  cluster: String!
  "Ed25519 public keys, SPKI, base64."
  keys: [String!]!
  "The same in every region, or their retires are not believed everywhere."
  fingerprint: String!
}

"A snapshot that a region far behind takes of another one, as the node that takes it says."
type SnapshotProgress @shareable {
  from: ID!
  "\`asking\`, \`staging\`, \`fetching\`, \`checking\` (with a second member) or \`installing\`."
  phase: String!
  "Null until the peer has made it."
  pages: SafeInt
  receivedPages: SafeInt!
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
  "Those of them that have left the cluster."
  retired: [ID!]!
  "Those that are to leave, once every other one has said how far it holds what they wrote."
  retiring: [RetiringRegion!]!
  "False while it must not serve."
  ready: Boolean!
  "Why it is not ready, in words; null when it is."
  reason: String
  "Why its database takes no writes now, in words, such as a full disk; null while it does."
  refusesWrites: String
  "Commits applied here since the region's first start."
  position: SafeInt!
  "What it has applied: highest sequence by origin."
  frontier: JSON!
  "The frontier as a token."
  token: CausalToken!
  "SHA-256 over everything that replicates everywhere, hex: equal digests at equal frontiers mean converged."
  digest: String!
  "What every member has shown to hold: highest sequence by origin."
  stableFrontier: JSON!
  "Some seconds old."
  history: RegionHistory!
  divergence: Divergence!
  reads: [ConsistencyReads!]!
  "Null while none is under way."
  snapshot: SnapshotProgress
  "Null where the region is whole."
  restoration: Restoration
  "Incidents that this region has raised and nobody has resolved: ask it for them (\`incidents\`). Some seconds old; null while its database does not tell."
  openIncidents: SafeInt
  "Null where none are configured."
  operatorKeys: OperatorKeys
  "The links that this region receives from, one for each other member."
  replication: [ReplicationLink!]!
  "The region's clock."
  at: DateTime!
}

type RetiringRegion {
  id: ID!
  "Members that have not said so yet."
  waitsFor: [ID!]!
  "Null where the answering region does not put off its own word."
  putOff: PutOffWord
}

"Why a region does not say yet how far it holds what is to be fenced: of what others say about that it would hear nothing more."
type PutOffWord {
  "Members whose words it is to hear first."
  waitsFor: [ID!]!
  "Regions that are to leave, which alone can bring it these."
  through: [ID!]!
}

extend type Query {
  "The answering region about itself. Staff and operators only: FORBIDDEN otherwise."
  regionStatus: RegionStatus!
}
`

const regionTypesSdl = /* GraphQL */ `
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
  "What every member has shown to hold: highest sequence by origin. Null where it cannot be asked."
  stableFrontier: JSON
  history: RegionHistory
  divergence: Divergence
  "By consistency; null where it cannot be asked."
  reads: [ConsistencyReads!]
  "Null while none is under way, or where it cannot be asked."
  snapshot: SnapshotProgress
  "Null where the region is whole, or where it cannot be asked."
  restoration: Restoration
  "Incidents that it has raised and nobody has resolved: ask it for them (\`incidents\`). Some seconds old; null where it cannot be asked."
  openIncidents: SafeInt
  "Null where none are configured, or where it cannot be asked."
  operatorKeys: OperatorKeys
}
`

const clusterTypesSdl = /* GraphQL */ `
extend type Query {
  "Every member of the cluster, by id."
  regions: [Region!]!
}

extend type Subscription {
  "The state now, then every change of it. There is nothing to take up: a new subscription starts with the state then. The token of each covers the frontiers that it shows."
  regionsChanged: [Region!]!
}
`

const recoverySdl = /* GraphQL */ `
input RegionInput {
  idempotencyKey: ID
  region: ID!
  "Why; kept with the event."
  note: String
  "Decide it although fewer than a majority of the members stay, or together with others that are being retired. What it is not known to have written is given up."
  override: Boolean = false
  """
  Needed where operators' keys are configured (\`operatorKeys\` of \`regions\`): JSON that an operator has signed. It names the one region that may take it up; ask
  that one by the header \`causeway-region\`. \`causeway retire ID --operator-key FILE\` does both; with \`--print-order\` it prints the order.
  """
  order: String
}

type RegionPayload {
  "As it stands after the call; null where it was refused."
  region: Region
  userErrors: [UserError!]!
}

extend type Mutation {
  """
  Takes a region out of the cluster for good. Every other one commits how far it holds what the region wrote and applies no more
  of it; once all have, that is the end of its log, and its rights and reservations are taken over. Until then the region's
  reason says who is waited for. It writes no more as soon as it hears of it. Asked again it goes on waiting. Any other region may be asked.
  Operators only. Errors: NOT_FOUND, FORBIDDEN (also for an order that is missing or wrong: \`field\` is \`order\`), INVALID for a region that would retire itself, or where too few would stay (see override).
  """
  retireRegion(input: RegionInput!): RegionPayload!
}
`

/** For a region's one schema. */
export const operationsExtensionSdl: string = linkSdl + statusSdl + regionTypesSdl + clusterTypesSdl + recoverySdl

/** The subgraph as federation composes it. */
export const operationsSdl = /* GraphQL */ `
${federationHeaderSdl}
${commonSdl}
${linkSdl}
${statusSdl}
${regionTypesSdl}
${recoverySdl}
`

/** What the gateway answers itself, as one more subgraph of its own. */
export const clusterSdl = /* GraphQL */ `
${federationHeaderSdl}
${scalarsSdl}
${linkSdl}
${regionTypesSdl}
${clusterTypesSdl}
`
