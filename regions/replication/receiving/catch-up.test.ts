// A region that catches up, on a real writer: the causal gate hands on thousands of commits at once.

import { createMemoryDatabase } from '@causeway/db/memory/database'
import { createMemoryStore } from '@causeway/db/memory/store'
import { type Store, StoreError } from '@causeway/db/store'
import { advance, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { sealCommit } from '@causeway/schema/commit/codec'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { acknowledge } from '@causeway/schema/stock/acknowledge'
import { expect, it } from 'vitest'
import { regionPrincipal } from '../../committer/executor.ts'
import { Writer } from '../../committer/writer.ts'
import { createCrypto, generateSigningKey } from '../../crypto.ts'
import { ports } from '../../http/cluster.testing.ts'
import { noCustody } from '../../integrity/plain-log.testing.ts'
import { noLimits } from '../../recovery/fence-limits.ts'
import { Ingest } from '../ingest.ts'
import { defaultSliceLimits } from './slices.ts'

const { maximumCommits } = defaultSliceLimits
const { privateKeyPem } = generateSigningKey()
const signing = createCrypto({ region: 'eu', privateKeyPem, publicKeys: new Map(), random: ports.random })
// Thousands of signatures take seconds, and nothing here rests on them.
const crypto = { ...signing, sign: () => new Uint8Array(64), verify: () => true }

/** Writes logs of commits that say little; those of one origin follow each other. */
class Scribe {
  readonly #hashes: Record<string, Uint8Array> = {}
  #frontier: VersionVector = {}
  #ms = 0

  write(origin: string, count: number, standsOn: readonly string[] = []): readonly SealedCommit[] {
    return Array.from({ length: count }, () => {
      const firstSequence = sequenceOf(this.#frontier, origin) + 1
      const known = [origin, ...standsOn].filter((each) => sequenceOf(this.#frontier, each) > 0)
      const clock = Object.fromEntries(known.map((each) => [each, sequenceOf(this.#frontier, each)]))
      const at = { origin, firstSequence, lastSequence: firstSequence, time: { wallMs: ++this.#ms, counter: 0 } }
      const events = [{ type: 'cart.updated', entityId: 'cart', data: {}, placement: 'everywhere' as const }]
      const commit = { ...at, clock, events, documents: [], stock: [], outcomes: [] }
      const sealed = sealCommit(commit, this.#hashes[origin] ?? new Uint8Array(32), this.#hashes, crypto)
      this.#hashes[origin] = sealed.hash
      this.#frontier = advance(this.#frontier, origin, firstSequence)
      return sealed
    })
  }
}

/** A node of `us` as far as it takes in commits. `refuses`: as long as it is true of a commit, that breaks a rule for a while. */
function takingNode({ refuses = (_: SealedCommit): boolean => false, store = memoryStore() } = {}) {
  let frontier: VersionVector = {}
  let resumed = 0
  const slices: number[] = []
  const writer = new Writer({
    ...{ store, ports, crypto, members: ['ap', 'eu', 'us'] },
    durable: ({ head, entries, isRemote }) => {
      frontier = head.frontier
      if (isRemote) slices.push(entries.length)
      ingest.frontierChanged().catch(() => undefined)
    },
  })
  const ingest: Ingest = new Ingest({
    ...{ ports, crypto, frontier: () => frontier, fences: () => noLimits, beyondFence: () => {} },
    custody: noCustody,
    resume: () => {
      resumed += 1
    },
    apply: async (commits, named) => {
      const { refused, stripped } = await writer.apply(
        commits.filter((sealed) => !refuses(sealed)),
        new Set(),
        named,
      )
      const due = commits.filter(
        (sealed) => refuses(sealed) && sealed.firstSequence === 1 + sequenceOf(frontier, sealed.origin),
      )
      const later = due.map((sealed) => ({ kind: 'later' as const, sealed, rule: 'S1' as const, reason: 'not yet' }))
      return { refused: [...refused, ...later], stripped }
    },
  })
  const take = (peer: string, commits: readonly SealedCommit[]) => {
    const batch = { commits: commits.map(({ bytes }) => bytes), frontier: {}, events: commits.length, behind: 0 }
    return ingest.take(peer, { ...batch, time: { wallMs: 1, counter: 0 } })
  }
  const command = async () => {
    const definition = acknowledge as Parameters<typeof writer.submit>[0]['definition']
    const name = { key: null, naturalKey: null, inputDigest: '', commandId: 'acknowledge' }
    const call = { principal: regionPrincipal, resent: false, final: true, settles: null }
    await writer.submit({ definition, input: {}, ...name, ...call })
  }
  const held = (origin: string) => sequenceOf(frontier, origin)
  return { ingest, take, command, held, slices, resumed: () => resumed }
}

function memoryStore(): Store {
  return createMemoryStore({ region: 'us', database: createMemoryDatabase('us') })
}

it('W5 W7: a command that comes while thousands of commits are applied is answered after a slice of them, not after all', async () => {
  const node = takingNode()
  const [first, ...others] = new Scribe().write('eu', 20_000)
  if (first === undefined) throw new Error('no commit')
  await node.take('eu', others)
  expect(node.held('eu')).toBe(0)
  const catchingUp = node.take('ap', [first])
  const waits: number[] = []
  for (let count = 0; count < 5; count += 1) {
    const before = node.held('eu')
    await node.command()
    waits.push(node.held('eu') - before)
  }
  expect(Math.max(...waits)).toBeLessThanOrEqual(2 * maximumCommits)
  await catchingUp
  expect(node.held('eu')).toBe(20_000)
  expect(Math.max(...node.slices)).toBe(maximumCommits)
  node.ingest.stop()
})

it('C1 C6: what stands on a commit that is refused in the first slice waits in the causal gate, and the rest goes on', async () => {
  let isRefused = true
  const node = takingNode({ refuses: ({ origin, lastSequence }) => isRefused && origin === 'ap' && lastSequence === 2 })
  const scribe = new Scribe()
  const hole = scribe.write('eu', 1)
  const refused = scribe.write('ap', 3, ['eu'])
  const alone = scribe.write('eu', 3 * maximumCommits)
  const standing = scribe.write('eu@2', 2 * maximumCommits, ['ap', 'eu'])
  await node.take('eu', [...refused, ...alone, ...standing])
  expect(node.held('eu')).toBe(0)
  await node.take('eu', hole)
  expect([node.held('eu'), node.held('ap'), node.held('eu@2')]).toEqual([3 * maximumCommits + 1, 1, 0])
  isRefused = false
  // Of `ap` nothing more was taken in while it was refused: it is asked for again, and what stands on it waits here.
  await expect.poll(() => node.ingest.frontierChanged().then(node.resumed)).toBeGreaterThan(0)
  await node.take('ap', refused)
  expect([node.held('ap'), node.held('eu@2')]).toEqual([3, 2 * maximumCommits])
  node.ingest.stop()
})

it('W3: where the database goes away between two slices, what was applied stands, and the region goes on behind it', async () => {
  let writes = 0
  const inner = memoryStore()
  const store: Store = {
    ...inner,
    transact: (work) => {
      writes += 1
      if (writes === 3) return Promise.reject(new StoreError('UNREACHABLE', 'the database is away', { retry: true }))
      return inner.transact(work)
    },
  }
  const node = takingNode({ store })
  const log = new Scribe().write('eu', 5 * maximumCommits)
  await expect(node.take('eu', log)).rejects.toThrow('the database is away')
  expect(node.held('eu')).toBe(2 * maximumCommits)
  await node.take('eu', log.slice(node.held('eu')))
  expect(node.held('eu')).toBe(5 * maximumCommits)
  node.ingest.stop()
})

it('C1: what another link brings meanwhile, and stands on the last slice, is applied behind it', async () => {
  const node = takingNode()
  const scribe = new Scribe()
  const log = scribe.write('eu', 3 * maximumCommits)
  const answers = scribe.write('ap', 2, ['eu'])
  const more = scribe.write('eu', 1, ['ap'])
  await Promise.all([node.take('eu', log), node.take('ap', answers), node.take('eu', more)])
  expect([node.held('eu'), node.held('ap')]).toEqual([3 * maximumCommits + 1, 2])
  expect(node.resumed()).toBe(0)
  node.ingest.stop()
})
