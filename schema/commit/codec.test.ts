// The bytes of a commit: what was written reads back, tampering is noticed, a section may be left out with the proof whole.

import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecError } from './bytes.ts'
import {
  headerOf,
  missingPlacements,
  openCommit,
  readCommit,
  sealCommit,
  verifyCommit,
  withoutSections,
} from './codec.ts'
import type { Commit, CommitCrypto, CommitEvent, PlacementClass, SealedCommit } from './commit.ts'
import { codecVersion, pinClock, ruleVersion } from './header.ts'
import { layouts } from './layouts.testing.ts'

const origin = 'us-east-1'
const stranger = 'ap-south-1'

// A fixed key and fixed salts, so that the bytes of a fixed commit are fixed, too.
const seed = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)])
const privateKey = createPrivateKey({ key: seed, format: 'der', type: 'pkcs8' })
const publicKey = createPublicKey(privateKey)
const crypto: CommitCrypto = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  salt: () => new Uint8Array(16).fill(9),
  sign: (bytes) => sign(null, bytes, privateKey),
  verify: (by, bytes, signature) => by === origin && verify(null, bytes, publicKey, signature),
  verifyDevice: () => false,
  operators: null,
}

const previousHash = new Uint8Array(32).fill(1)
const chainHashes = { 'eu-west-1': new Uint8Array(32).fill(2), 'eu-west-1@2': new Uint8Array(32).fill(3) }

const europe: PlacementClass = 'home:eu-north-1,eu-west-1'
const placements = fc.constantFrom<PlacementClass>('everywhere', 'everywhere', europe, 'home:us-east-1')
const names = fc.oneof(fc.constantFrom('o1', 'o2', 'sku-1', 'order.placed'), fc.string({ unit: 'binary' }))
const json = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }) as fc.Arbitrary<CommitEvent['data']>
const cell = fc.oneof(fc.nat(300), fc.maxSafeNat())

const commits: fc.Arbitrary<Commit> = fc
  .record({
    firstSequence: fc.integer({ min: 1, max: 2 ** 40 }),
    clock: fc.dictionary(fc.constantFrom(origin, 'eu-west-1', 'eu-west-1@2'), fc.integer({ min: 1, max: 2 ** 40 }), {
      noNullPrototype: true,
    }),
    time: fc.record({ wallMs: fc.nat(2 ** 31 - 1), counter: fc.nat(0xffff) }),
    events: fc.array(fc.record({ type: names, entityId: names, data: json, placement: placements }), {
      minLength: 1,
      maxLength: 12,
    }),
    documents: fc.array(
      fc.record({ kind: names, id: names, placement: placements, bytes: fc.uint8Array({ maxLength: 60 }) }),
      { maxLength: 8 },
    ),
    stock: fc.array(
      fc.record({
        sku: names,
        location: names,
        cells: fc.record({
          received: cell,
          returned: cell,
          sold: cell,
          released: cell,
          shipped: cell,
          writtenOff: cell,
          given: fc.dictionary(fc.constantFrom('eu-west-1', 'eu-west-1@2', stranger), cell, { noNullPrototype: true }),
        }),
      }),
      { maxLength: 6 },
    ),
    outcomes: fc.array(
      fc.record({
        key: names,
        inputDigest: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex')),
        accepted: fc.boolean(),
        command: names,
        result: json,
        resent: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
  })
  .map((parts) => ({ ...parts, origin, lastSequence: parts.firstSequence + parts.events.length - 1 }))

/** As JSON writes it: −0 becomes 0. */
function asWritten(commit: Commit): Commit {
  const { events, outcomes } = JSON.parse(JSON.stringify(commit)) as Commit
  return { ...commit, events, outcomes }
}

const seal = (commit: Commit): SealedCommit => sealCommit(commit, previousHash, chainHashes, crypto)

/** Why the bytes are refused; undefined where they pass for a commit. */
function refusalOf(bytes: Uint8Array): string | undefined {
  try {
    const verification = verifyCommit(openCommit(bytes, crypto), crypto)
    return verification.ok ? undefined : `${verification.rule}: ${verification.reason}`
  } catch (error) {
    if (error instanceof CodecError) return `${error.code}: ${error.message}`
    throw error
  }
}

describe('the bytes of a commit', () => {
  it('W6: a region reads from another’s bytes exactly what was committed', () => {
    fc.assert(
      fc.property(commits, (commit) => {
        const sealed = seal(commit)
        const received = openCommit(Buffer.from(sealed.bytes), crypto)
        expect({ ...received, bytes: new Uint8Array(received.bytes) }).toEqual(sealed)
        expect(readCommit(received)).toEqual(asWritten(commit))
        expect(missingPlacements(received)).toEqual([])
      }),
    )
  })

  it('W6: sealing the same commit again gives the same bytes', () => {
    fc.assert(
      fc.property(commits, (commit) => {
        expect(seal(commit).bytes).toEqual(seal(readCommit(seal(commit))).bytes)
      }),
    )
  })

  it('C6: whoever changes any one byte on the way is found out', () => {
    fc.assert(
      fc.property(commits, fc.nat(), fc.integer({ min: 1, max: 255 }), (commit, place, flip) => {
        const bytes = Uint8Array.from(seal(commit).bytes)
        const at = place % bytes.length
        bytes[at] = (bytes[at] ?? 0) ^ flip
        expect(refusalOf(bytes)).toBeDefined()
      }),
      { numRuns: 400 },
    )
  })

  it('C6: no byte of a commit goes unguarded', () => {
    const { bytes } = seal(fixedCommit)
    for (let at = 0; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 1 : byte))
      expect(refusalOf(changed), `byte ${at}`).toBeDefined()
    }
  })

  it('C6: a commit that is cut or has something added is refused', () => {
    fc.assert(
      fc.property(commits, fc.nat(), (commit, length) => {
        const { bytes } = seal(commit)
        expect(refusalOf(bytes.subarray(0, length % bytes.length))).toMatch(/^TRUNCATED|^MALFORMED/)
        expect(refusalOf(Buffer.concat([bytes, Buffer.of(0)]))).toMatch(/^MALFORMED/)
      }),
    )
  })

  it('C12: a region gets a commit without the sections it may not hold, under the same hash and signature', () => {
    fc.assert(
      fc.property(commits, fc.constantFrom(europe, 'home:us-east-1'), (commit, kept) => {
        const sealed = seal(commit)
        const stripped = openCommit(
          withoutSections(sealed.bytes, (placement) => placement === kept),
          crypto,
        )
        expect(stripped.hash).toEqual(sealed.hash)
        expect(verifyCommit(stripped, crypto)).toEqual({ ok: true })
        const held = (part: { readonly placement: PlacementClass }) => ['everywhere', kept].includes(part.placement)
        const expected = asWritten(commit)
        expect(readCommit(stripped)).toEqual({
          ...expected,
          events: expected.events.map((event) => (held(event) ? event : { ...event, data: {} })),
          documents: expected.documents.filter(held),
        })
        const parts = [...commit.events, ...commit.documents]
        const missing = new Set(parts.filter((part) => !held(part)).map((part) => part.placement))
        expect(missingPlacements(stripped)).toEqual([...missing])
        // A relay that holds less passes on what it has; nothing comes back and nothing breaks.
        expect(withoutSections(stripped.bytes, () => true)).toEqual(stripped.bytes)
      }),
    )
  })

  it('C12: a name at home in Europe is not in the bytes that leave it', () => {
    const contact = { type: 'contact.changed', entityId: 'c1', placement: europe, data: { name: 'Ada Lovelace' } }
    const sealed = seal({ ...fixedCommit, events: [contact], documents: [], lastSequence: fixedCommit.firstSequence })
    expect(Buffer.from(sealed.bytes).includes('Lovelace')).toBe(true)
    expect(Buffer.from(withoutSections(sealed.bytes, () => false)).includes('Lovelace')).toBe(false)
  })

  it('C12: two equal sections with other salts have other hashes, so a small one cannot be guessed', () => {
    let salt = 0
    const salted = { ...crypto, salt: () => new Uint8Array(16).fill(salt++) }
    const hashes = [1, 2].map(() => {
      const sealed = sealCommit(fixedCommit, previousHash, chainHashes, salted)
      return headerOf(sealed).sections.map((section) => Buffer.from(section.hash).toString('hex'))
    })
    expect(hashes[0]?.[1]).not.toBe(hashes[1]?.[1])
    expect(hashes[0]?.[0]).toBe(hashes[1]?.[0])
  })
})

const fixedCommit: Commit = {
  origin,
  firstSequence: 41,
  lastSequence: 43,
  clock: { [origin]: 40, 'eu-west-1': 7, 'eu-west-1@2': 300 },
  time: { wallMs: 1_763_800_000_000, counter: 5 },
  events: [
    { type: 'order.placed', entityId: 'o-1', placement: 'everywhere', data: { id: 'placed:us-east-1', total: 1250 } },
    { type: 'contact.changed', entityId: 'c-1', placement: europe, data: { name: 'Zoë' } },
    { type: 'stock.moved', entityId: 'sku-1', placement: 'everywhere', data: { id: 'm-1', kind: 'SALE', quantity: 3 } },
  ],
  documents: [
    { kind: 'contact', id: 'c-1', placement: europe, bytes: Uint8Array.of(1, 2, 3) },
    { kind: 'order', id: 'o-1', placement: 'everywhere', bytes: Uint8Array.of(4, 5) },
  ],
  stock: [
    {
      sku: 'sku-1',
      location: 'main',
      cells: {
        received: 900,
        returned: 1,
        sold: 40,
        released: 2,
        shipped: 30,
        writtenOff: 4,
        given: { 'eu-west-1': 300 },
      },
    },
  ],
  outcomes: [
    {
      key: 'ada:k-1',
      inputDigest: 'ab'.repeat(32),
      accepted: true,
      command: 'placeOrder',
      result: { id: 'o-1' },
      resent: false,
    },
  ],
}

describe('the layout', () => {
  it('W6, C7: the bytes of a fixed commit change only with the versions of codec and rules that it names', () => {
    expect(headerOf(seal(fixedCommit)).ruleVersion).toBe(ruleVersion)
    const { bytes } = seal(fixedCommit)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(layouts[`${codecVersion}.${ruleVersion}`])
    expect(readCommit(openCommit(bytes, crypto))).toEqual(fixedCommit)
  })

  it('C7: a commit in a later layout is told from a broken one, so that it can wait for an upgrade', () => {
    const bytes = Uint8Array.from(seal(fixedCommit).bytes)
    bytes[0] = codecVersion + 1
    expect(refusalOf(bytes)).toBe('UNKNOWN_VERSION: commit layout 2; this node reads 1')
  })
})

describe('the chain', () => {
  it('C6: a commit that another region signed in this one’s name is refused, with the reason', () => {
    const forged = seal({ ...fixedCommit, origin: stranger, clock: {} })
    expect(verifyCommit(forged, crypto)).toEqual({
      ok: false,
      rule: 'C6',
      reason: 'commit ap-south-1:41..43 is not signed by ap-south-1',
    })
  })

  it('C6: the clock pins which commits were seen, not only how many', () => {
    const clock = fixedCommit.clock
    const hashOf = (named: string) => (named === origin ? previousHash : chainHashes[named as keyof typeof chainHashes])
    expect(headerOf(seal(fixedCommit)).clockPin).toEqual(new Uint8Array(pinClock(clock, hashOf, crypto)))
    const other = { ...chainHashes, 'eu-west-1': new Uint8Array(32).fill(4) }
    expect(sealCommit(fixedCommit, previousHash, other, crypto).hash).not.toEqual(seal(fixedCommit).hash)
  })

  it('C6: a commit names the one before it', () => {
    const next = sealCommit({ ...fixedCommit, clock: {} }, seal(fixedCommit).hash, {}, crypto)
    expect(headerOf(next).previousHash).toEqual(new Uint8Array(seal(fixedCommit).hash))
  })

  it('C6: a hash that is missing for a commit in the clock stops the writer', () => {
    expect(() => sealCommit(fixedCommit, previousHash, {}, crypto)).toThrow('no hash for eu-west-1')
  })

  it('W1: a commit covers exactly as many sequences as it has events', () => {
    expect(() => seal({ ...fixedCommit, lastSequence: 44 })).toThrow('sequences 41..44 for 3 events')
    expect(() => seal({ ...fixedCommit, events: [], lastSequence: 40 })).toThrow(CodecError)
  })
})
