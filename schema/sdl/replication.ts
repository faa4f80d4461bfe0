// SDL of the replication schema: what regions offer each other on `/replication`, over WebSocket (graphql-transport-ws),
// under the cluster secret. Not part of the public API: only peers speak it.

export const replicationSdl = /* GraphQL */ `
"Origin → highest contiguous sequence, as a JSON object: {\\"us-east-1\\": 12, \\"eu-west-1@2\\": 7}. Absent origins stand for 0."
scalar VersionVector

"Hybrid time in 13 characters: nine digits of milliseconds since the Unix epoch in base 36, four of the counter in base 16."
scalar HybridTime

"Bytes. A message that holds them is a binary frame: four bytes of length (big endian), the JSON of that length, the bytes."
scalar Bytes

"Region → list of its Ed25519 public keys (base64 of their SPKI), as a JSON object."
scalar PublicKeys

"Whole number up to 2^53 as a JSON number."
scalar SafeInt

"What a region tells a peer when a link opens."
input HelloInput {
  region: ID!
  "The origin under which it writes now."
  origin: ID!
  "The newest version that the sender speaks; the newest that both know is spoken."
  protocolVersion: Int!
  "The oldest one."
  oldestVersion: Int!
  "Of every region that the sender knows: relayed commits are verified with them, too."
  publicKeys: PublicKeys!
  "What the sender has durably applied."
  frontier: VersionVector!
  "The highest commit of the receiver that the sender holds; null where it holds none."
  holdsOfYou: HeldPositionInput
  "Fingerprint of the key under which the sender hashes emails; members of one cluster have the same."
  claimKey: String
  "Fingerprint of the operators' keys that the sender goes by, \`none\` where there are none; members of one cluster have the same. Since version 11."
  operatorKeys: String
}

"The end of an origin's log as a peer holds it."
input HeldPositionInput {
  sequence: SafeInt!
  "SHA-256 of the commit's header, hex."
  hash: String!
  "That header and its signature, base64; empty where the commit is no longer kept. What has none counts only at a start."
  proof: String!
}

"The answer to a hello: the same, of the other side."
type Hello {
  region: ID!
  origin: ID!
  protocolVersion: Int!
  oldestVersion: Int!
  publicKeys: PublicKeys!
  frontier: VersionVector!
  holdsOfYou: HeldPosition
  claimKey: String
  operatorKeys: String
}

type HeldPosition {
  sequence: SafeInt!
  hash: String!
  proof: String!
}

"Commits in the sender's local order, which is causal. Without events it is a heartbeat, sent at least once a second."
type CommitBatch {
  """
  One flag byte, then a run of commits. Flag 0: it goes on with the run of this stream's earlier batches of flag 0; flag 1: it is
  a run of its own; flag 3: so, compressed by raw deflate (RFC 1951). What a run is, docs/PROTOCOL.md says. Sections that the
  receiver may not hold are left out. Flag 4, since version 12: as flag 0, in a run of close form; flag 5: in one of bare form, on the second line.
  """
  commits: Bytes!
  "Events in the commits together."
  events: Int!
  "Commits that the sender has and the receiver has not acknowledged, those of this batch among them: the lag in commits. Says nothing where the frontier is null."
  behind: SafeInt!
  "What the sender has durably applied. Lag is judged by it, stability never. Null beside commits on the second line, for the main one tells, and, since version 12, where it was told less than a second before."
  frontier: VersionVector
  "The sender's hybrid clock when it sent. Null where the frontier is."
  time: HybridTime
  "Somebody waits for the receiver to have applied what was sent: for two seconds it tells within 20 ms what it applies. Since version 12."
  asks: Boolean!
}

"Asks for units of stock rights. Given at most once per requestId, in whichever retries."
input RightsRequestInput {
  requestId: ID!
  "The origin that is to hold the rights."
  to: ID!
  items: [RightsItemInput!]!
}

input RightsItemInput {
  sku: ID!
  "For sales that wait."
  units: SafeInt!
  "Of all units anywhere, fewer help none of those sales: nothing is given for them then."
  least: SafeInt!
  "Beyond that, for sales to come: given as far as the giver does not need them itself."
  extra: SafeInt!
  "What the asking region holds, its low-water mark, and what it sells in an hour."
  held: SafeInt!
  low: SafeInt!
  perHour: SafeInt!
  "Hybrid time, in milliseconds, since when the oldest of those sales waits: givers serve older ones first. Null where none waits."
  since: SafeInt
}

"What was given, 0 where nothing could be: at most units and extra together, or the last of what is scarce."
type RightsReply {
  items: [RightsItem!]!
  "The gift counts once this is applied; where nothing was given, the caller knows then what the giver knew."
  position: LogPosition
}

type RightsItem {
  sku: ID!
  units: SafeInt!
}

type LogPosition {
  origin: ID!
  sequence: SafeInt!
}

"Where a region stands."
type Standing {
  "What it has applied, read from its database after the question came: a strong read waits for it."
  frontier: VersionVector!
  "Its hybrid clock then."
  time: HybridTime!
}

"""
What a snapshot is of, as a JSON object: layout, id, region, madeMs, head (frontier, time, memberClocks, chainHashes,
significant, fences), pages (SHA-256 of each, hex), bytes.
"""
scalar SnapshotDescription

"What a member holds at a frontier, as a JSON object: touched (keys that are left out), digests (of 64 parts), chains (origin → hash)."
scalar HeldState

enum SnapshotStatus {
  "It is made meanwhile: ask again."
  making
  ready
  "The one that was named is no longer kept, or of no use any more."
  gone
}

type Snapshot {
  status: SnapshotStatus!
  "Where it is ready."
  description: SnapshotDescription
}

type SnapshotPage {
  "Rows as one deflated run. What is in it, docs/PROTOCOL.md says."
  body: Bytes!
}

enum CheckStatus {
  "It looks through its state meanwhile: ask again."
  making
  ready
  "It has not applied all of the frontier yet."
  behind
  "It is too far beyond the frontier to tell."
  unable
}

type StateCheck {
  status: CheckStatus!
  "Where it is ready."
  check: HeldState
}

"The connections that a link runs over."
enum Line {
  "Brings everything."
  MAIN
  "Brings small commits once more while little is to be sent: what is committed from now on. Served by version 9."
  SECOND
}

enum DigestTable {
  documents
  stock
  "The conflict log."
  conflicts
  "Ranges of 4,096 sequences of one origin, named \`origin number\`; whole ones alone."
  log
}

"Digests of neighbouring key ranges of a table. Where a range ends depends on the keys alone."
type Digests {
  "What had been applied before rows were read, and after it: what was written between may be in them or not."
  frontier: VersionVector!
  through: VersionVector!
  ranges: [RangeDigest!]!
}

type RangeDigest {
  "The last key of the range; null: to the end of the table. A row's own key at the level of rows."
  until: String
  "128 bits in hex: all rows' digests, added without carry."
  digest: String!
}

"""
What was said of fences, as a JSON object: retires (by, sequence, time, region, before, overrides, known, members) and votes (by,
sequence, targets, held, hashes), each where its commit put it.
"""
scalar FenceLog

type Query {
  "The newest version that this region speaks."
  protocolVersion: Int!
  "The oldest one."
  oldestVersion: Int!
  standing: Standing!
  "All that commits which this region has applied say of fences, read from its database: for one that was restored from an older copy and may have forgotten its own word. Since version 10."
  fences: FenceLog!
  "The state as of one moment, for a peer that the log does not bring up to date. \`id\`: the one that it has begun to fetch."
  snapshot(id: ID): Snapshot!
  "One page at a time; null where that snapshot is no longer kept."
  snapshotPage(id: ID!, number: Int!): SnapshotPage
  "What this region holds of what stands at the frontier: a peer compares a snapshot of another region with it."
  stateCheck(frontier: VersionVector!): StateCheck!
  """
  Levels: 0 the table as one, 1 ranges of about 4,096 rows, 2 of about 64, 3 rows, the first 1,000 of the range, 4 those
  rows as one, since version 12. The log has level 1. Levels 0 to 2 are of the newest look at all rows, some seconds old; rows are read when asked.
  """
  digests(table: DigestTable!, level: Int!, after: String, until: String): Digests!
  "Commits of one origin from the log or its archive, as one run: the first of them, up to about 1 MB; none where they are not held."
  commitsOf(origin: ID!, first: SafeInt!, last: SafeInt!): Bytes!
}

type Mutation {
  "First of all on every connection. A hello of a region that did not open the connection is refused (FORBIDDEN)."
  hello(from: HelloInput!): Hello!
  "What the caller has durably applied: frees the window of its stream and counts towards durability. \`direct\` as in \`commits\`."
  acknowledge(applied: VersionVector!, direct: [ID!]!): Boolean!
  requestRights(request: RightsRequestInput!): RightsReply!
}

type Subscription {
  """
  Every commit, of any origin, that \`after\` does not hold, then every later one. \`direct\` names the regions whose commits the
  caller gets by working links of its own: those are kept back, and relayed only while they stay unacknowledged. The main line
  where none is named.
  """
  commits(after: VersionVector!, direct: [ID!]!, line: Line): CommitBatch!
}
`
