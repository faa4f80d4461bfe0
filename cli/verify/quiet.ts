// Waits until every region has applied the same and nothing new comes: only then can digests be compared.

import { setTimeout as delay } from 'node:timers/promises'
import { compareVectors, eventsBehind, mergeVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import { counted } from '@causeway/schema/counted'
import { type ApiClient, ApiError } from '../api/client.ts'
import { Failure } from '../failure.ts'
import { fetchStatus, type RegionStatus } from './region-state.ts'

const pollMs = 250
/** Idle regions acknowledge what they applied with a commit of their own; quiet is when that is over too. */
const quietForMs = 1_500

export interface QuietOptions {
  readonly timeoutMs: number
  readonly now: () => number
  readonly onWait: (why: string) => void
}

export async function untilQuiet(
  client: ApiClient,
  regions: readonly string[],
  options: QuietOptions,
): Promise<readonly RegionStatus[]> {
  const deadline = options.now() + options.timeoutMs
  let frontier: VersionVector | null = null
  let sinceMs = 0
  for (;;) {
    let why: string
    try {
      const statuses = await Promise.all(regions.map((region) => fetchStatus(client, region)))
      const behind = sayBehind(statuses)
      const first = statuses[0]?.frontier ?? {}
      if (behind !== null || frontier === null || compareVectors(first, frontier) !== 'equal') {
        frontier = behind === null ? first : null
        sinceMs = options.now()
      } else if (options.now() - sinceMs >= quietForMs) {
        return statuses
      }
      why = behind ?? 'new commits keep coming'
    } catch (error) {
      if (!(error instanceof ApiError) || !error.retry) throw error
      frontier = null
      why = error.message
    }
    if (options.now() >= deadline) throw new Failure(`not quiet within ${options.timeoutMs / 1000} s: ${why}`)
    options.onWait(why)
    await delay(pollMs)
  }
}

function sayBehind(statuses: readonly RegionStatus[]): string | null {
  let union: VersionVector = {}
  for (const { frontier } of statuses) union = mergeVectors(union, frontier)
  const behind = statuses
    .map(({ id, frontier }) => ({ id, events: eventsBehind(frontier, union) }))
    .filter(({ events }) => events > 0)
  return behind.length === 0
    ? null
    : behind.map(({ id, events }) => `${id} lacks ${counted(events, 'event')}`).join(', ')
}
