import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { actorOf } from '../actor.ts'
import {
  applyChanges,
  applyEdits,
  closeDocument,
  genesisHeads,
  headsOf,
  openDocument,
  readState,
} from '../automerge.ts'
import { cartKind } from '../cart/kind.ts'
import { identifyChange } from '../change-bytes.ts'
import { encodeUnit, holdsHeads } from './encode.ts'
import { findUnitRefusal, isRebased } from './judge.ts'
import { type Patch, readUnitEvent, type Unit, unitActor, unitEvent, unitInput, unitJson } from './unit.ts'

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const actor = (digit: string) => digit.repeat(32)
const time = { wallMs: 1_700_000_000_000, counter: 3 }

function unitOf(
  patches: readonly Patch[],
  base = genesisHeads(cartKind),
  id = 'till-1.0190a0b0-0000-7000-8000-000000000001',
): Unit {
  return { id, kind: 'cart', documentId: 'c1', base, dependsOn: [], patches, time, region: 'eu-west-1' }
}

const put = (sku: string, quantity: number): Patch => ({ map: 'lines', key: sku, value: { quantity } })
const remove = (sku: string): Patch => ({ map: 'lines', key: sku, remove: true })
const patches = fc.array(
  fc.oneof(
    fc
      .record({ sku: fc.constantFrom('a', 'b', 'c'), quantity: fc.integer({ min: 1, max: 9 }) })
      .map(({ sku, quantity }) => put(sku, quantity)),
    fc.constantFrom('a', 'b', 'c').map(remove),
  ),
  { minLength: 1, maxLength: 6 },
)

describe('a unit', () => {
  it('R7: is the same bytes on the device and in every region, whatever the document holds there beside its base', () => {
    fc.assert(
      fc.property(patches, patches, patches, fc.boolean(), (first, meanwhile, mine, elsewhere) => {
        const device = openDocument(cartKind, null, actor('1'))
        const region = openDocument(cartKind, null, actor('2'))
        try {
          const shared = applyEdits(device, first, time, 'us-east-1')
          if (shared !== null) applyChanges(region, [shared.bytes])
          const base = headsOf(device)
          const beside = applyEdits(elsewhere ? region : device, meanwhile, { ...time, counter: 4 }, 'us-east-1')
          const unit = unitOf(mine, base)
          const [left, right] = [encodeUnit(device, unit), encodeUnit(region, unit)]
          expect(left).toEqual(right)
          if (left === null) return
          const together = beside === null ? [left] : [left, beside.bytes]
          for (const handle of [device, region]) applyChanges(handle, together)
          expect(headsOf(device)).toEqual(headsOf(region))
          expect(readState(device)).toEqual(readState(region))
        } finally {
          closeDocument(device)
          closeDocument(region)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('R7: has an author that its id alone gives, that no other id and no origin has', () => {
    const bytes = encodeOnEmpty(unitOf([put('a', 1)]))
    expect(identifyChange(bytes, sha256).actor).toBe(unitActor(unitOf([]).id))
    expect(unitActor('till-1.0190a0b0-0000-7000-8000-000000000002')).not.toBe(unitActor(unitOf([]).id))
    expect(unitActor(unitOf([]).id)).not.toBe(actorOf('eu-west-1', actor('0'), sha256))
    // Pinned: a device and a region of different versions must agree.
    expect(unitActor('till-1.0190a0b0-0000-7000-8000-000000000001')).toMatchInlineSnapshot(
      `"7f26f926a6a12f7a285ace96e33d23f8"`,
    )
  })

  it('a removal of what the device saw loses to a concurrent addition, and wins over what it saw', () => {
    const handle = openDocument(cartKind, null, actor('1'))
    applyEdits(handle, [put('a', 1), put('b', 1)], time, 'us-east-1')
    const base = headsOf(handle)
    applyEdits(handle, [put('a', 5)], { ...time, counter: 9 }, 'us-east-1')
    const bytes = encodeUnit(handle, unitOf([remove('a'), remove('b')], base))
    applyChanges(handle, bytes === null ? [] : [bytes])
    expect(cartKind.view('c1', readState(handle))?.lines).toEqual([{ sku: 'a', quantity: 5 }])
    closeDocument(handle)
  })

  it('knows whether a document holds what it stands on', () => {
    const handle = openDocument(cartKind, null, actor('1'))
    expect(holdsHeads(handle, genesisHeads(cartKind))).toBe(true)
    expect(holdsHeads(handle, ['00'.repeat(32)])).toBe(false)
    closeDocument(handle)
  })

  it('travels as JSON and is told of in a commit', () => {
    const unit = unitOf([put('a', 1), remove('b')])
    expect(unitInput.parse(JSON.parse(JSON.stringify(unitJson(unit))))).toEqual(unit)
    expect(readUnitEvent(unitEvent(unit, 'everywhere'))).toEqual({
      unit: unit.id,
      kind: 'cart',
      time,
      region: 'eu-west-1',
    })
    expect(readUnitEvent({ data: { unit: 'short', kind: 'cart', time: 'x', region: 'eu-west-1' } })).toBeNull()
    for (const wrong of [
      { id: 'short' },
      { kind: 'order' },
      { base: [] },
      { base: ['zz'] },
      { time: 'now' },
      { patches: [] },
    ]) {
      expect(unitInput.safeParse({ ...unitJson(unit), ...wrong }).success).toBe(false)
    }
  })

  it('is judged by who asks, what it puts and how much', () => {
    const customer = { subject: 'ada', roles: ['customer' as const], region: null }
    const state = (customerId: string | null) => ({
      fields: { customerId: [{ value: customerId, time, region: 'eu-west-1' }] },
    })
    const standing = { before: {}, after: state('ada'), kinds: [], customer: undefined, here: 'eu-west-1' }
    expect(findUnitRefusal(customer, unitOf([put('a', 1)]), standing)).toBeNull()
    expect(findUnitRefusal(customer, unitOf([put('a', 1)]), { ...standing, before: state('bob') })?.code).toBe(
      'FORBIDDEN',
    )
    expect(findUnitRefusal(customer, unitOf([put('a', 1)]), { ...standing, after: state('bob') })?.code).toBe(
      'FORBIDDEN',
    )
    expect(findUnitRefusal(customer, unitOf([put('a', -1)]), standing)?.code).toBe('INVALID')
    expect(findUnitRefusal(customer, unitOf([put('a', 1)]), { ...standing, kinds: ['order'] })?.code).toBe('INVALID')
    const contact = { ...unitOf([{ map: 'fields', key: 'name', value: 'Ada' }]), kind: 'contact', documentId: 'bob' }
    expect(findUnitRefusal(customer, contact, standing)?.code).toBe('FORBIDDEN')
    expect(findUnitRefusal(customer, { ...contact, documentId: 'ada' }, standing)?.code).toBe('NOT_FOUND')
    expect(['DEPENDS_REFUSED', 'BASE_UNKNOWN', 'TIME_AHEAD', 'FORBIDDEN'].map(isRebased)).toEqual([
      true,
      true,
      true,
      false,
    ])
  })
})

function encodeOnEmpty(unit: Unit): Uint8Array {
  const handle = openDocument(cartKind, null, actor('1'))
  const bytes = encodeUnit(handle, unit)
  closeDocument(handle)
  if (bytes === null) throw new Error('changes nothing')
  return bytes
}
