// The way of a batch into the region, where what is fenced changes while commits are handed on (S7).

import { createMemoryDatabase } from '@causeway/db/memory/database'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { withFencesOf } from '@causeway/schema/fence/fence-log'
import { expect, it } from 'vitest'
import { ports } from '../http/cluster.testing.ts'
import { plainLog } from '../integrity/plain-log.testing.ts'
import { FenceLimits, noLimits } from '../recovery/fence-limits.ts'
import { Ingest } from './ingest.ts'

const members = ['ap', 'eu', 'us']

/** What `us` goes by once it has said that it holds nothing of `eu`, which `ap` retires. */
function limitsOfUs(): FenceLimits {
  const head = createMemoryDatabase('us').head
  const at = { firstSequence: 1, time: { wallMs: 1, counter: 0 }, clock: {} }
  const event = (type: string, entityId: string, more: object) => ({
    ...{ type, entityId, placement: 'everywhere' as const },
    data: { region: 'eu', before: null, overrides: false, members, known: ['eu'], targets: ['eu'], held: {}, ...more },
  })
  const retired = withFencesOf(head.fences, { ...at, origin: 'ap', events: [event('region.retired', 'eu', {})] })
  const fences = withFencesOf(retired, { ...at, origin: 'us', events: [event('origin.fenced', 'us', {})] })
  return new FenceLimits({ fences, region: 'us' }, members)
}

it('S7: what a word about a fence keeps back comes again, also where the gate heard of that word from elsewhere meanwhile', async () => {
  const { store, crypto } = await plainLog(1)
  const [stored] = await store.commitsAfterPosition(0, 1 << 20)
  if (stored === undefined) throw new Error('no commit')
  let fences = noLimits
  let frontier: VersionVector = {}
  const handedOn: string[] = []
  const ingest: Ingest = new Ingest({
    ...{ ports, crypto, frontier: () => frontier, fences: () => fences, beyondFence: () => {}, resume: () => {} },
    custody: { take: async () => {}, applied: async () => {}, inquire: async () => false, suspended: new Set() },
    apply: async (commits) => {
      handedOn.push(commits.map(({ origin, lastSequence }) => `${origin}:${lastSequence}`).join())
      if (handedOn.length === 1) {
        // The word is said, and another commit tells the gate, before these are looked at: nothing of them is applied.
        fences = limitsOfUs()
        frontier = { us: 1 }
        await ingest.frontierChanged()
      }
      return { refused: [], stripped: [] }
    },
  })
  const batch = { commits: [stored.commit.bytes], frontier: {}, time: stored.commit.time, events: 1, behind: 0 }
  await ingest.take('eu', batch)
  // Others who stay turn out to have applied it.
  fences = noLimits
  await ingest.take('eu', batch)
  expect(handedOn).toEqual(['eu:1', 'eu:1'])
  ingest.stop()
  await store.close()
})
