// How many conflicts the answering region keeps, and the newest of them, as the commands read it.

import { counted } from '@causeway/schema/counted'
import { z } from 'zod'
import { type ApiClient, ApiError } from './client.ts'

const newestSchema = z.object({ documentId: z.string(), path: z.string(), policy: z.string(), detectedAt: z.string() })

const conflictsSchema = z.object({
  conflicts: z.object({ keptPairs: z.number(), edges: z.array(z.object({ node: newestSchema })) }),
})

export interface ConflictSummary {
  /** Pairs of concurrent changes. */
  readonly keptPairs: number
  readonly newest: z.output<typeof newestSchema> | null
}

const query = `query Conflicts {
  conflicts(first: 1) { keptPairs edges { node { documentId path policy detectedAt } } }
}`

/** Null where no region can be asked: whoever wants to know of the regions is told that all the same. */
export async function fetchConflicts(client: ApiClient): Promise<ConflictSummary | null> {
  try {
    const { conflicts } = await client.call(conflictsSchema, query, {})
    return { keptPairs: conflicts.keptPairs, newest: conflicts.edges[0]?.node ?? null }
  } catch (error) {
    if (error instanceof ApiError) return null
    throw error
  }
}

export function sayConflicts(summary: ConflictSummary | null): string {
  if (summary === null) return 'conflicts: not known'
  const { keptPairs, newest } = summary
  if (newest === null) return 'conflicts: none'
  const pairs = counted(keptPairs, 'pair of changes', 'pairs of changes')
  return `conflicts: ${pairs}, the newest at ${newest.detectedAt}: ${newest.path} of ${newest.documentId} (${newest.policy})`
}
