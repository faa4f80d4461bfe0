// What a node is made of once it has its head. The composition makes the parts, the node runs them.

import type { Executor } from './committer/executor.ts'
import type { UnitDesk } from './device-sync/unit-desk.ts'
import type { DivergenceGuard } from './divergence/guard.ts'
import type { Freshness } from './freshness/freshness.ts'
import type { Greeter } from './greeter.ts'
import type { Archivist } from './history/archivist.ts'
import type { Folder } from './history/folder.ts'
import type { Custody } from './integrity/custody.ts'
import type { IncidentBook } from './integrity/incident-book.ts'
import type { LogHub } from './log/log-hub.ts'
import type { Progress } from './log/progress.ts'
import type { BeyondFence } from './recovery/beyond-fence.ts'
import type { Fencer } from './recovery/fencer.ts'
import type { Membership } from './recovery/membership.ts'
import type { Recollection } from './recovery/recollection.ts'
import type { SuspensionWatch } from './recovery/suspension-watch.ts'
import type { Ingest } from './replication/ingest.ts'
import type { Sender } from './replication/link-sender.ts'
import type { Links } from './replication/links.ts'
import type { PeerCalls } from './replication/peer-calls.ts'
import type { SnapshotDriver } from './replication/snapshot/snapshot-driver.ts'
import type { SnapshotKeeper } from './replication/snapshot/snapshot-keeper.ts'
import type { Acknowledger } from './settlement/acknowledger.ts'
import type { Settler } from './settlement/settler.ts'
import type { DemandBook } from './stock/demand.ts'
import type { RightsBroker } from './stock/rights-broker.ts'
import type { RightsGiver } from './stock/rights-giver.ts'
import type { UntoldSales } from './stock/untold-sales.ts'

/** What runs once the node has its head. */
export interface Parts {
  readonly greeter: Greeter
  readonly progress: Progress
  readonly hub: LogHub
  readonly sender: Sender
  readonly links: Links
  readonly calls: PeerCalls
  readonly freshness: Freshness
  readonly incidents: IncidentBook
  readonly custody: Custody
  readonly ingest: Ingest
  readonly suspensions: SuspensionWatch
  readonly executor: Executor
  readonly demand: DemandBook
  readonly broker: RightsBroker
  readonly giver: RightsGiver
  readonly units: UnitDesk
  readonly settler: Settler
  readonly untoldSales: UntoldSales
  readonly acknowledger: Acknowledger
  readonly archivist: Archivist
  readonly folder: Folder
  /** Of this region's state for peers, and of a peer's for this region. */
  readonly keeper: SnapshotKeeper
  readonly snapshots: SnapshotDriver
  readonly guard: DivergenceGuard
  readonly membership: Membership
  readonly fencer: Fencer
  readonly recollection: Recollection
  /** What the leading node does on its region's own account. */
  readonly duties: readonly { start(): void; stop(): void }[]
  readonly beyondFence: BeyondFence
  readonly stopListening: () => void
  readonly stopped: { readonly promise: Promise<void>; readonly resolve: () => void }
  /** True on the one node of the region that receives, settles and acknowledges. */
  isLeading: boolean
}
