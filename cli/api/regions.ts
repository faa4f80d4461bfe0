// What the gateway says of the regions, as the commands read it.

import { eventsBehind, mergeVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import { z } from 'zod'
import type { ApiClient, CallOptions } from './client.ts'

const linkSchema = z.object({
  from: z.string(),
  to: z.string(),
  connected: z.boolean(),
  lagMs: z.number(),
  lagEvents: z.number(),
  lagCommits: z.number(),
  bytesPerSecond: z.number(),
  bytesPerEvent: z.number(),
  batches: z.number(),
  commits: z.number(),
  events: z.number(),
  bytes: z.number(),
  retries: z.number(),
  reconnects: z.number(),
  faults: z.number(),
  lastFault: z.string().nullable(),
  quarantined: z.number().nullable(),
})

const divergenceSchema = z.object({
  checkedAt: z.string().nullable(),
  found: z.number(),
  repaired: z.number(),
  open: z.array(z.object({ subject: z.string(), detail: z.string(), since: z.string() })),
})

const readsSchema = z.object({
  consistency: z.string(),
  served: z.number(),
  missed: z.number(),
  averageStalenessMs: z.number().nullable(),
  greatestStalenessMs: z.number().nullable(),
})

const snapshotSchema = z.object({
  from: z.string(),
  phase: z.string(),
  pages: z.number().nullable(),
  receivedPages: z.number(),
})

const restorationSchema = z.object({ waitsFor: z.array(z.string()), lacksEvents: z.number() })

const operatorKeysSchema = z.object({ cluster: z.string(), keys: z.array(z.string()), fingerprint: z.string() })

const historySchema = z.object({
  logCommits: z.number(),
  logBytes: z.number(),
  archivedCommits: z.number(),
  archivedBytes: z.number(),
  foldedDocuments: z.number(),
})

const regionSchema = z.object({
  id: z.string(),
  state: z.string(),
  reason: z.string(),
  latencyMs: z.number(),
  errorRate: z.number(),
  replication: z.array(linkSchema).nullable(),
  digest: z.string().nullable(),
  frontier: z.record(z.string(), z.number()).nullable(),
  stableFrontier: z.record(z.string(), z.number()).nullable(),
  history: historySchema.nullable(),
  divergence: divergenceSchema.nullable(),
  reads: z.array(readsSchema).nullable(),
  snapshot: snapshotSchema.nullable(),
  restoration: restorationSchema.nullable(),
  openIncidents: z.number().nullable(),
  operatorKeys: operatorKeysSchema.nullable(),
})

export type RegionReport = z.output<typeof regionSchema>

const regionsQuery = `query Regions {
  regions {
    id state reason latencyMs errorRate digest frontier
    stableFrontier history { logCommits logBytes archivedCommits archivedBytes foldedDocuments }
    divergence { checkedAt found repaired open { subject detail since } }
    reads { consistency served missed averageStalenessMs greatestStalenessMs } snapshot { from phase pages receivedPages }
    restoration { waitsFor lacksEvents } openIncidents operatorKeys { cluster keys fingerprint }
    replication {
      from to connected lagMs lagEvents lagCommits bytesPerSecond bytesPerEvent
      batches commits events bytes retries reconnects faults lastFault quarantined
    }
  }
}`

export async function fetchRegions(client: ApiClient, options: CallOptions = {}): Promise<readonly RegionReport[]> {
  const { regions } = await client.call(z.object({ regions: z.array(regionSchema) }), regionsQuery, {}, options)
  return [...regions].sort((left, right) => (left.id < right.id ? -1 : 1))
}

export interface Agreement {
  /** Regions that did not tell their state. */
  readonly silent: readonly string[]
  /** Regions that told it but for the digest: that is taken once a region has rested for a moment. */
  readonly moving: readonly string[]
  readonly frontiersEqual: boolean
  readonly digestsEqual: boolean
  /** Events that each region lacks of all that any region has. */
  readonly behind: ReadonlyMap<string, number>
}

/** Of the regions that belong to the cluster. */
export function compareRegions(all: readonly RegionReport[]): Agreement {
  const regions = all.filter(({ state }) => state !== 'RETIRED')
  let union: VersionVector = {}
  for (const region of regions) union = mergeVectors(union, region.frontier ?? {})
  const behind = new Map<string, number>()
  for (const region of regions) {
    if (region.frontier !== null) behind.set(region.id, eventsBehind(region.frontier, union))
  }
  const silent = regions.filter(({ frontier }) => frontier === null).map(({ id }) => id)
  const moving = regions.filter(({ frontier, digest }) => frontier !== null && digest === null).map(({ id }) => id)
  const isWhole = silent.length === 0 && moving.length === 0
  return {
    silent,
    moving,
    frontiersEqual: isWhole && [...behind.values()].every((events) => events === 0),
    digestsEqual: isWhole && new Set(regions.map((region) => region.digest)).size <= 1,
    behind,
  }
}

/** The fingerprint of each region's keys of operators, in words, where those that can be asked do not agree; null where they do. */
export function differentKeys(
  regions: readonly Pick<RegionReport, 'id' | 'state' | 'frontier' | 'operatorKeys'>[],
): string | null {
  const told = regions
    .filter(({ state, frontier }) => state !== 'RETIRED' && frontier !== null)
    .map(({ id, operatorKeys }) => ({ id, fingerprint: operatorKeys?.fingerprint ?? 'none' }))
  if (new Set(told.map(({ fingerprint }) => fingerprint)).size <= 1) return null
  return told.map(({ id, fingerprint }) => `${id} ${fingerprint}`).join(', ')
}
