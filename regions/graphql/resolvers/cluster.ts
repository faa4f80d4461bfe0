// A region about itself, and about the others as far as its links tell.

import { encodeToken } from '@causeway/schema/clock/causal-token'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { LinkStatus, Region } from '../../region.ts'
import type { RequestContext } from '../context.ts'

/** A link that is further behind than this makes a region DEGRADED. */
export const degradedLagMs = 5_000

async function status(_: unknown, _args: unknown, context: RequestContext) {
  context.requireStaff("A region's own status")
  const { region, ports } = context
  const head = await region.store.head()
  const reason = region.unready()
  return {
    id: region.id,
    origin: region.origin,
    members: region.members,
    ready: reason === null,
    reason,
    position: head.position,
    frontier: head.frontier,
    token: encodeToken(head.frontier),
    digest: () => region.digest(),
    replication: region.links(),
    at: ports.clock.now(),
  }
}

/** Every member, by id. Links from a region say whether it can be heard; more is not known of the others here. */
export function regionSources(region: Region) {
  const links = region.links()
  return [...region.members].sort().map((id) => (id === region.id ? ownSource(region, links) : otherSource(id, links)))
}

function ownSource(region: Region, links: readonly LinkStatus[]) {
  const unready = region.unready()
  const behind = links.filter((link) => !link.connected || link.lagMs > degradedLagMs)
  const names = behind.map((link) => link.from).join(', ')
  const [state, reason] =
    unready !== null
      ? (['UNREACHABLE', unready] as const)
      : behind.length > 0
        ? (['DEGRADED', `Serves, but does not keep up with ${names}.`] as const)
        : (['HEALTHY', 'Serves, and keeps up with every other region.'] as const)
  return {
    id: region.id,
    state,
    reason,
    latencyMs: 0,
    errorRate: 0,
    replication: links,
    digest: unready === null ? () => region.digest() : null,
    frontier: region.frontier(),
  }
}

function otherSource(id: RegionId, links: readonly LinkStatus[]) {
  const link = links.find((one) => one.from === id)
  const heard = link?.connected === true
  return {
    id,
    state: heard ? ('HEALTHY' as const) : ('UNREACHABLE' as const),
    reason: heard ? 'The link from it is open.' : 'The link from it is closed.',
    latencyMs: 0,
    errorRate: 0,
    replication: null,
    digest: null,
    frontier: null,
  }
}

export const clusterResolvers = {
  Query: {
    regionStatus: status,
    regions: (_: unknown, _args: unknown, context: RequestContext) => regionSources(context.region),
  },
}
