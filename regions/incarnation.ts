// Whether a region may go on under its origin (W8). A restored backup, a promoted standby, a database copied elsewhere
// or a peer that holds more of this origin than we do would make us use a sequence twice: then a new incarnation begins.

import type { StoreIdentity } from '@causeway/db/identity'
import { type Head, type Store, StoreError } from '@causeway/db/store'
import { incarnationOf, type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import type { Logger } from './ports.ts'
import type { PeerHello } from './replication/peer.ts'

/** What a peer has said of us and of what it holds. `isProven`: by our own signature. */
export interface Testimony extends Pick<PeerHello, 'region' | 'holdsOfYou' | 'frontier'> {
  readonly isProven: boolean
}

/**
 * Begins the first incarnation of a new database, or the next one where the database or a peer's memory says that this
 * log is not the one that was written last. True where an incarnation began. To be called before the first write after
 * a start, with what the reachable members say, and again for each member that is reached later. At a start every member is
 * believed; later on only what is proven counts, or one that lies could make a region begin anew for ever (C6).
 */
export async function confirmIncarnation(
  store: Store,
  heard: readonly Testimony[],
  logger: Logger,
  when: 'start' | 'later',
): Promise<boolean> {
  const said = heard.filter(({ isProven }) => isProven || when === 'start')
  const reason = (await reasonOfDatabase(store)) ?? (await reasonOfPeers(store, said))
  if (reason === null) return false
  const head = await store.head()
  const identity = await store.identity()
  const isFirst = identity.known === null
  let newest = isFirst ? 0 : incarnationOf(head.origin)
  const afterRecoveries = newest + recoveriesSince(identity)
  for (const vector of [head.frontier, ...said.map(({ frontier }) => frontier)]) {
    for (const origin in vector) if (regionOf(origin) === head.region) newest = Math.max(newest, incarnationOf(origin))
  }
  const next = await store.beginIncarnation(Math.max(newest + 1, afterRecoveries))
  const fields = { from: isFirst ? null : head.origin, to: next.origin, reason }
  if (newest > 0) logger.warn(fields, 'a new incarnation begins')
  else logger.info(fields, 'the first incarnation begins')
  return true
}

/** The newest origin of `region` in a frontier; null where there is none. */
export function newestOrigin(region: RegionId, frontier: VersionVector): Origin | null {
  let newest: Origin | null = null
  for (const origin in frontier) {
    if (regionOf(origin) !== region) continue
    if (newest === null || incarnationOf(origin) > incarnationOf(newest)) newest = origin
  }
  return newest
}

async function reasonOfDatabase(store: Store): Promise<string | null> {
  const { known, systemIdentifier, timeline } = await store.identity()
  if (known === null) return 'this database has never written'
  if (known.systemIdentifier === systemIdentifier && known.timeline === timeline) return null
  return 'the database is not the one this region wrote to last: restored, promoted or copied'
}

/**
 * A recovery opens a timeline that no other has opened, also where one copy is recovered twice: its first life may have
 * written under the next incarnation, which neither the copy nor any peer need know. So each timeline has an incarnation
 * of its own. A database that was put together elsewhere says nothing of the kind.
 */
function recoveriesSince({ known, systemIdentifier, timeline }: StoreIdentity): number {
  return known?.systemIdentifier === systemIdentifier ? timeline - known.timeline : 0
}

async function reasonOfPeers(store: Store, said: readonly Testimony[]): Promise<string | null> {
  const head = await store.head()
  for (const { region, holdsOfYou, frontier } of said) {
    const isBehind = Object.keys(frontier).some(
      (origin) => regionOf(origin) === head.region && incarnationOf(origin) > incarnationOf(head.origin),
    )
    if (isBehind) return `${region} knows a later incarnation of us`
    // What the peer holds is told of our newest origin that it knows: an older one says nothing of this one.
    if (holdsOfYou === null || newestOrigin(head.region, frontier) !== head.origin) continue
    const { sequence, hash } = holdsOfYou
    if (sequence > head.sequence) return `${region} holds ${sequence} of our events, we hold ${head.sequence}`
    const own = await ownCommitAt(store, head, sequence)
    if (own && (own.lastSequence !== sequence || Buffer.from(own.hash).toString('hex') !== hash)) {
      return `${region} holds another commit at our sequence ${sequence}`
    }
  }
  return null
}

/** Undefined where it is no longer kept: every member held it before it was dropped, so it was the same one everywhere. */
async function ownCommitAt(store: Store, head: Head, sequence: number): Promise<SealedCommit | undefined> {
  try {
    const [stored] = await store.commitsAfterVector({ ...head.frontier, [head.origin]: sequence - 1 }, 0, 1)
    return stored?.commit
  } catch (error) {
    if (error instanceof StoreError && error.code === 'LOG_DROPPED') return undefined
    throw error
  }
}
