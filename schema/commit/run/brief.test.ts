// Commits on a link: the bytes that went in come out, in fewer on the way.

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../bytes.ts'
import { openCommit, sealCommit, withoutSections } from '../codec.ts'
import type { CommitCrypto, PlacementClass, SealedCommit } from '../commit.ts'
import { BriefReader, BriefWriter, type RunForm, readRun } from './brief.ts'
import type { HashOf } from './step.ts'

const crypto: CommitCrypto = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  salt: () => new Uint8Array(16).fill(9),
  sign: (bytes) => createHash('sha512').update(bytes).digest(),
  verify: () => true,
  verifyDevice: () => true,
  operators: null,
}
const home: PlacementClass = 'home:eu-west-1'

interface Step {
  readonly origin: string
  readonly events: number
  readonly elapsedMs: number
  readonly placement: PlacementClass
  readonly forks: boolean
  readonly isWithheld: boolean
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    origin: fc.constantFrom('us-east-1', 'eu-west-1', 'ap-south-1@2'),
    events: fc.integer({ min: 1, max: 4 }),
    elapsedMs: fc.integer({ min: -5, max: 5_000 }),
    placement: fc.constantFrom<PlacementClass>('everywhere', 'everywhere', home),
    forks: fc.boolean(),
    isWithheld: fc.boolean(),
  }),
  { maxLength: 30 },
)

/** A log of several origins, each of which has applied all that came before; some commits name another commit before. */
function logOf(all: readonly Step[]): Uint8Array[] {
  const heads: Record<string, SealedCommit> = {}
  let wallMs = 1_700_000_000_000
  return all.map(({ origin, events, elapsedMs, placement, forks, isWithheld }, index) => {
    const before = heads[origin]
    wallMs += elapsedMs
    const firstSequence = (before?.lastSequence ?? 0) + 1
    const sealed = sealCommit(
      {
        origin,
        firstSequence,
        lastSequence: firstSequence + events - 1,
        clock: Object.fromEntries(Object.entries(heads).map(([named, { lastSequence }]) => [named, lastSequence])),
        time: { wallMs, counter: index },
        events: Array.from({ length: events }, (_, at) => ({
          type: 'order.placed',
          entityId: at === 1 ? uuidOf(index) : `o-${index}-${at}`,
          placement: at === 0 ? placement : 'everywhere',
          data: { total: index },
        })),
        documents: [],
        stock: [],
        outcomes: [],
      },
      forks && index % 7 === 0 ? new Uint8Array(32).fill(index) : (before?.hash ?? new Uint8Array(32)),
      Object.fromEntries(Object.entries(heads).map(([named, { hash }]) => [named, hash])),
      crypto,
    )
    heads[origin] = sealed
    return isWithheld ? withoutSections(sealed.bytes, () => false) : sealed.bytes
  })
}

const uuidOf = (index: number) => {
  const hex = createHash('sha256').update(String(index)).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

const forms: readonly RunForm[] = ['open', 'close', 'bare']

function pack(commits: readonly Uint8Array[], form: RunForm = 'open'): Uint8Array {
  const writer = new ByteWriter()
  const brief = new BriefWriter(crypto.sha256, form)
  for (const commit of commits) brief.write(writer, commit)
  return writer.view()
}

const unpack = (bytes: Uint8Array, maximumBytes = 1_000_000, form: RunForm = 'open', hashOf?: HashOf) =>
  readRun(bytes, new BriefReader(crypto.sha256, form, hashOf), maximumBytes)

/** Who holds these commits. */
function hashesOf(commits: readonly Uint8Array[]): HashOf {
  const hashes = new Map<string, Uint8Array>()
  for (const bytes of commits) {
    const { origin, lastSequence, hash } = openCommit(bytes, crypto)
    hashes.set(`${origin}:${lastSequence}`, hash)
  }
  return (origin, sequence) => hashes.get(`${origin}:${sequence}`)
}

const sameOrigin = (count: number) =>
  logOf(
    Array.from({ length: count }, () => ({
      origin: 'us-east-1',
      events: 1,
      elapsedMs: 20,
      placement: 'everywhere',
      forks: false,
      isWithheld: false,
    })),
  )

describe('commits on a link', () => {
  it('W6: the very bytes come out, in whatever order logs interleave, fork or lack sections', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const commits = logOf(all).map((bytes) => new Uint8Array(bytes))
        for (const form of forms)
          expect(unpack(pack(commits, form), 1_000_000, form, hashesOf(commits))).toEqual(commits)
      }),
      { numRuns: 200 },
    )
  })

  it('W6: bytes that are no commit of this layout are carried as they are', () => {
    const commits = [Uint8Array.of(99, 1, 2), new Uint8Array(), ...sameOrigin(2)].map((bytes) => new Uint8Array(bytes))
    expect(unpack(pack(commits))).toEqual(commits)
  })

  it('C5: a commit that follows another leaves out both hashes that can be worked out, and more', () => {
    const [first, second] = sameOrigin(2)
    if (first === undefined || second === undefined) throw new Error('two commits were made')
    const open = pack([first, second]).length
    expect(first.length + second.length - open).toBeGreaterThan(2 * 32)
    // The clock's origin, and the name of what goes everywhere.
    expect(open - pack([first, second], 'close').length).toBeGreaterThan(8)
  })

  it('C5: a bare run leaves out all of the pin but two bytes; who lacks one of the commits that a clock names misses the commits that name it', () => {
    const step = { events: 1, elapsedMs: 20, placement: 'everywhere' as const, forks: false, isWithheld: false }
    const commits = logOf(['us-east-1', 'eu-west-1', 'us-east-1', 'us-east-1'].map((origin) => ({ ...step, origin })))
    const sent = commits.filter((_, index) => index !== 1).map((bytes) => new Uint8Array(bytes))
    const packed = pack(sent, 'bare')
    expect(pack(sent, 'close').length - packed.length).toBe(2 * 30)
    expect(unpack(packed, 1_000_000, 'bare', hashesOf(commits))).toEqual(sent)
    expect(unpack(packed, 1_000_000, 'bare')).toEqual(sent.slice(0, 1))
    // What the other line has brought meanwhile is what the next one stands on.
    const known = hashesOf(commits)
    let asked = 0
    const late: HashOf = (origin, sequence) =>
      origin === 'eu-west-1' && asked++ === 0 ? undefined : known(origin, sequence)
    expect(unpack(packed, 1_000_000, 'bare', late)).toEqual([sent[0], sent[2]])
  })

  it('C6: a bare commit whose writer knew another commit than the reader is left to the other line', () => {
    const step = { events: 1, elapsedMs: 20, placement: 'everywhere' as const, forks: false, isWithheld: false }
    const commits = logOf(['eu-west-1', 'us-east-1', 'us-east-1'].map((origin) => ({ ...step, origin })))
    const sent = commits.slice(1).map((bytes) => new Uint8Array(bytes))
    const known = hashesOf(commits)
    let missed = 0
    for (let fork = 0; fork < 20; fork += 1) {
      const other: HashOf = (origin, sequence) =>
        origin === 'eu-west-1' ? new Uint8Array(32).fill(fork) : known(origin, sequence)
      if (unpack(pack(sent, 'bare'), 1_000_000, 'bare', other).length === 1) missed += 1
    }
    expect(missed).toBeGreaterThan(15)
  })

  it('C6: a section that was changed on the way comes out under another header, which nobody signed', () => {
    const commits = sameOrigin(2)
    const packed = new Uint8Array(pack(commits))
    packed[packed.length - 70] = (packed[packed.length - 70] ?? 0) ^ 1
    const [, second] = unpack(packed)
    expect(openCommit(second ?? new Uint8Array(), crypto).hash).not.toEqual(
      openCommit(commits[1] ?? new Uint8Array(), crypto).hash,
    )
  })

  it('a run that unpacks beyond the bound is refused', () => {
    const commits = sameOrigin(20)
    expect(() => unpack(pack(commits), 1_000)).toThrow(/more than 1000 bytes/)
    for (const form of forms) expect(() => unpack(Uint8Array.of(3, 1, 1), 1_000, form)).toThrow(/has not named/)
  })
})
