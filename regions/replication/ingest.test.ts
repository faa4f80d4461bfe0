// The way of a batch into the region, where what is handed on is not applied at once: something is fenced meanwhile (S7), or it
// stands on a commit that is refused for a while (C6).

import { createMemoryDatabase } from '@causeway/db/memory/database'
import { advance, covers, type VersionVector } from '@causeway/schema/clock/version-vector'
import { sealCommit } from '@causeway/schema/commit/codec'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { withFencesOf } from '@causeway/schema/fence/fence-log'
import { expect, it } from 'vitest'
import type { Refusals } from '../committer/writer.ts'
import { createCrypto, generateSigningKey } from '../crypto.ts'
import { ports } from '../http/cluster.testing.ts'
import { noCustody, plainLog } from '../integrity/plain-log.testing.ts'
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
  return new FenceLimits({ fences, origin: 'us' }, members)
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
    custody: noCustody,
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

/** A log of `eu` and one of `ap`, whose commits each stand on the one of `eu` before. */
function answeringLogs(length: number) {
  const { privateKeyPem } = generateSigningKey()
  const crypto = createCrypto({ region: 'eu', privateKeyPem, publicKeys: new Map(), random: ports.random })
  const keys = { ...crypto, verify: () => true }
  const hashes: Record<string, Uint8Array> = {}
  const logs: Record<string, SealedCommit[]> = { eu: [], ap: [] }
  let frontier: VersionVector = {}
  for (let sequence = 1; sequence <= length; sequence += 1) {
    for (const origin of ['eu', 'ap']) {
      const events = [{ type: 'cart.updated', entityId: 'cart', data: {}, placement: 'everywhere' as const }]
      const at = { origin, firstSequence: sequence, lastSequence: sequence, time: { wallMs: 1, counter: 0 } }
      const commit = { ...at, clock: frontier, events, documents: [], stock: [], outcomes: [] }
      const sealed = sealCommit(commit, hashes[origin] ?? new Uint8Array(32), hashes, keys)
      hashes[origin] = sealed.hash
      frontier = advance(frontier, origin, sequence)
      logs[origin]?.push(sealed)
    }
  }
  return { eu: logs.eu ?? [], ap: logs.ap ?? [], crypto: keys, end: frontier }
}

it('C1 C6: what was handed on after a commit that is refused for a while is applied once that one is', async () => {
  const { eu, ap, crypto, end } = answeringLogs(3)
  let frontier: VersionVector = {}
  let isKnown = false
  /** As a region does that does not know yet what eu:1 stands on: it refuses that one, and passes over what stands on it. */
  const apply = async (commits: readonly SealedCommit[]): Promise<Refusals> => {
    const refused: Refusals['refused'][number][] = []
    for (const sealed of commits) {
      if (!covers(frontier, { ...sealed.clock, [sealed.origin]: sealed.firstSequence - 1 })) continue
      if (sealed.origin === 'eu' && !isKnown) refused.push({ kind: 'later', sealed, rule: 'S1', reason: 'not yet' })
      else frontier = advance(frontier, sealed.origin, sealed.lastSequence)
    }
    return { refused, stripped: [] }
  }
  /** Every link begins anew with what the frontier does not hold. */
  let isAsked = false
  const ingest = new Ingest({
    ...{ ports, crypto, apply, frontier: () => frontier, fences: () => noLimits, beyondFence: () => {} },
    resume: () => {
      isAsked = true
    },
    custody: noCustody,
  })
  const links = async () => {
    // Two links at once: what the second one brings is handed on while the first one's is being looked at.
    for (const log of [eu, ap]) {
      const fresh = log.filter(({ origin, lastSequence }) => lastSequence > (frontier[origin] ?? 0))
      if (fresh.length === 0) continue
      const time = { wallMs: 1, counter: 0 }
      const batch = { commits: fresh.map(({ bytes }) => bytes), frontier: {}, time, events: fresh.length, behind: 0 }
      taking.push(ingest.take(log === eu ? 'eu' : 'ap', batch))
    }
    await Promise.all(taking.splice(0))
  }
  const taking: Promise<void>[] = []
  await links()
  expect(frontier).toEqual({})
  isKnown = true
  await ingest.frontierChanged()
  for (let rounds = 0; isAsked && rounds < 10; rounds += 1) {
    isAsked = false
    await links()
    await ingest.frontierChanged()
  }
  expect(frontier).toEqual(end)
  ingest.stop()
})

it('C1 C6: a proven fork drops nothing of other origins for good: what waited is asked for at once and applied', async () => {
  const { eu, ap, crypto, end } = answeringLogs(3)
  let frontier: VersionVector = {}
  const suspended = new Set<string>()
  let asked = 0
  const ingest = new Ingest({
    ...{ ports, crypto, frontier: () => frontier, fences: () => noLimits, beyondFence: () => {} },
    resume: () => {
      asked += 1
    },
    custody: {
      ...noCustody,
      suspended,
      take: async ({ refused }) => {
        for (const { kind, sealed } of refused) if (kind === 'fork') suspended.add(sealed.origin)
      },
    },
    apply: async (commits) => {
      const refused: Refusals['refused'][number][] = []
      for (const sealed of commits) {
        if (!covers(frontier, { ...sealed.clock, [sealed.origin]: sealed.firstSequence - 1 })) continue
        if (sealed.origin === 'us') refused.push({ kind: 'fork', sealed, rule: 'C6', reason: 'another log' })
        else frontier = advance(frontier, sealed.origin, sealed.lastSequence)
      }
      return { refused, stripped: [] }
    },
  })
  const bring = async (peer: string, commits: readonly SealedCommit[]) => {
    const fresh = commits.filter(({ origin, lastSequence }) => lastSequence > (frontier[origin] ?? 0))
    const time = { wallMs: 1, counter: 0 }
    const batch = { commits: fresh.map(({ bytes }) => bytes), frontier: {}, time, events: fresh.length, behind: 0 }
    await ingest.take(peer, batch)
  }
  // All of ap waits for the first commit of eu.
  await bring('ap', ap)
  const commit = { origin: 'us', firstSequence: 1, lastSequence: 1, time: { wallMs: 1, counter: 0 }, clock: {} }
  const events = [{ type: 'cart.updated', entityId: 'cart', data: {}, placement: 'everywhere' as const }]
  const fork = sealCommit({ ...commit, events, documents: [], stock: [], outcomes: [] }, new Uint8Array(32), {}, crypto)
  await bring('us', [fork])
  expect([...suspended]).toEqual(['us'])
  expect(asked).toBe(1)
  // As links do that begin anew behind what is applied.
  await bring('ap', ap)
  await bring('eu', eu)
  expect(frontier).toEqual(end)
  ingest.stop()
})

it('C2: what a failed transaction has lost is asked for again, though no link brought it and nothing else comes', async () => {
  const { ap, crypto, end } = answeringLogs(1)
  let frontier: VersionVector = {}
  const alarms: (() => void)[] = []
  const timers = {
    after: (_: number, call: () => void) => {
      alarms.push(call)
      return () => {}
    },
  }
  let [isAway, asked] = [true, 0]
  const ingest = new Ingest({
    ...{ ports: { ...ports, timers }, crypto, frontier: () => frontier, fences: () => noLimits, beyondFence: () => {} },
    resume: () => {
      asked += 1
    },
    custody: noCustody,
    apply: async (commits) => {
      if (isAway) throw new Error('the database is away')
      for (const { origin, lastSequence } of commits) frontier = advance(frontier, origin, lastSequence)
      return { refused: [], stripped: [] }
    },
  })
  const batch = { frontier: {}, time: { wallMs: 1, counter: 0 }, events: 1, behind: 0 }
  const bytesOf = (commits: readonly SealedCommit[]) => commits.map(({ bytes }) => bytes)
  await ingest.take('ap', { ...batch, commits: bytesOf(ap) })
  alarms.length = 0
  // What it stands on is here by way of another node of the region: it is handed on without any link.
  frontier = { eu: 1 }
  await expect(ingest.frontierChanged()).rejects.toThrow('away')
  isAway = false
  for (const ring of alarms.splice(0)) ring()
  for (const ring of alarms.splice(0)) ring()
  expect(asked).toBeGreaterThan(0)
  await ingest.take('ap', { ...batch, commits: bytesOf(ap) })
  expect(frontier).toEqual(end)
  ingest.stop()
})
