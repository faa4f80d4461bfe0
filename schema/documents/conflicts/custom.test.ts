import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyEdits, closeDocument, openDocument, readState } from '../automerge.ts'
import type { DocumentState, Edit } from '../document.ts'
import { productKind } from '../product/kind.ts'
import { decodeRegister, encodeRegister } from '../register.ts'
import type { CustomPolicy } from './custom.ts'
import { ConflictDetector } from './detector.ts'
import { standingFirst } from './policies.ts'
import { registerPolicies } from './register-policies.ts'

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const at = (wallMs: number) => ({ wallMs, counter: 0 })

const archiveWins: CustomPolicy = {
  kind: 'product',
  field: 'archived',
  name: 'archive-wins@1',
  settle: (facts) => facts.some(({ value }) => value === true),
}
const joined: CustomPolicy = {
  kind: 'product',
  field: 'title',
  name: 'joined@1',
  settle: (facts) => facts.map(({ value }) => String(value)).join(' / '),
}

beforeEach(() => registerPolicies([archiveWins, joined]))
afterEach(() => registerPolicies([]))

function write(changes: readonly Uint8Array[], edits: readonly Edit[], wallMs: number, region: string): Uint8Array {
  const actor = Buffer.from(sha256(Buffer.from(`${region} ${wallMs}`)))
    .toString('hex')
    .slice(0, 32)
  const handle = openDocument(productKind, { snapshot: null, changes }, actor)
  const change = applyEdits(handle, edits, at(wallMs), region)
  closeDocument(handle)
  if (change === null) throw new Error('the edits changed nothing')
  return change.bytes
}

function read(changes: readonly Uint8Array[]): DocumentState {
  const handle = openDocument(productKind, { snapshot: null, changes }, 'ee'.repeat(16))
  const state = readState(handle)
  closeDocument(handle)
  return state
}

const field = (key: string, value: string | boolean): Edit => ({ map: 'fields', key, value })

describe('a custom policy', () => {
  it('M1: settles concurrent values of its field, whichever came first, until somebody writes it with all of them in sight', () => {
    const base = write([], [field('title', 'A mug'), field('archived', false)], 1, 'eu')
    const red = write([base], [field('title', 'Red'), field('archived', true)], 2, 'ap')
    const blue = write([base], [field('title', 'Blue'), field('archived', false)], 3, 'us')
    const views = [
      [base, red, blue],
      [base, blue, red],
    ].map((changes) => productKind.view('p1', read(changes)))
    expect(views[0]).toMatchObject({ title: 'Red / Blue', archived: true })
    expect(views[1]).toEqual(views[0])
    const after = write([base, red, blue], [field('title', 'A mug again')], 4, 'eu')
    expect(productKind.view('p1', read([base, red, blue, after]))).toMatchObject({ title: 'A mug again' })
  })

  it('M1: is told with the conflict, the value that it made first', () => {
    const base = write([], [field('title', 'A mug'), field('archived', false)], 1, 'eu')
    const red = write([base], [field('title', 'Red'), field('archived', true)], 2, 'ap')
    const blue = write([base], [field('title', 'Blue'), field('archived', false)], 3, 'us')
    const handle = openDocument(productKind, { snapshot: null, changes: [base, red] }, 'ee'.repeat(16))
    const detector = new ConflictDetector(productKind, 'p1', sha256)
    detector.opened(handle)
    detector.take(blue)
    const pairs = detector.pairs()
    closeDocument(handle)
    const told = pairs.map(({ path, policy, earlier, later }) => [
      path,
      policy,
      ...standingFirst(policy, [earlier, later]).map(({ value }) => value),
    ])
    expect(told).toEqual([
      ['title', 'joined@1', 'Red / Blue', 'Blue', 'Red'],
      ['archived', 'archive-wins@1', true, false],
    ])
  })

  it('C7: which one settles is told by the values, not by what the region would write now', () => {
    const register = fc.record({
      value: fc.string(),
      wallMs: fc.nat({ max: 3 }),
      region: fc.constantFrom('ap', 'eu', 'us'),
    })
    fc.assert(
      fc.property(fc.array(register, { minLength: 2, maxLength: 5 }), (drafts) => {
        registerPolicies([archiveWins, joined])
        const texts = drafts.map(({ value, wallMs, region }) => encodeRegister(value, at(wallMs), region, 'joined@1'))
        const state = (order: readonly string[]) => ({ fields: { title: order.map(decodeRegister) } })
        const title = (order: readonly string[]) => productKind.view('p1', state(order))?.title
        const expected = title(texts)
        expect(title([...texts].reverse())).toBe(expected)
        registerPolicies([joined, { ...joined, name: 'joined@2', settle: () => 'another rule' }])
        expect(title(texts)).toBe(expected)
      }),
    )
  })

  it('C7: a value under a policy that this region does not have cannot be read, and the error says what to do', () => {
    const text = encodeRegister('A mug', at(1), 'eu', 'joined@1')
    expect(text).toBe('["A mug","0000000010000","eu","joined@1"]')
    expect(decodeRegister(text)).toEqual({ value: 'A mug', time: at(1), region: 'eu', policy: 'joined@1' })
    registerPolicies([])
    expect(() => decodeRegister(text)).toThrow('the policy joined@1 is not registered here: start this region with it')
    expect(encodeRegister('A mug', at(1), 'eu')).toBe('["A mug","0000000010000","eu"]')
  })

  it.each([
    [{ ...archiveWins, name: 'Archive' }, 'needs a name'],
    [{ ...archiveWins, kind: 'basket' }, 'there is none of: basket'],
    [{ ...archiveWins, kind: 'order', field: 'placed' }, 'holds facts'],
    [{ ...archiveWins, kind: 'contact', field: 'name' }, 'stays in its home region'],
    [{ ...archiveWins, kind: 'customer', field: 'homeRegion' }, 'another rule does'],
    [{ ...archiveWins, field: 'revised' }, 'another rule does'],
    [{ ...archiveWins, field: 'description' }, 'it merges as text'],
  ])('is refused where it cannot hold: %j', (policy, words) => {
    expect(() => registerPolicies([policy])).toThrow(words)
    expect(() => registerPolicies([archiveWins, archiveWins])).toThrow('registered twice')
  })
})
