import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { toHex } from '../hex.ts'
import {
  findOrderFlaw,
  findUnordered,
  type Operators,
  type OrderedRetire,
  parseOrder,
  type RetireOrder,
  type SignedOrder,
  statementOf,
} from './order.ts'

/** A signature of these tests. */
const signed = (key: string, bytes: Uint8Array) => createHash('sha512').update(key).update(bytes).digest('hex')
const operators: Operators = {
  cluster: 'shop',
  keys: ['key', 'newer key'],
  withoutOrder: new Set(['eu:7']),
  fingerprint: 'ab12',
  verify: (key, bytes, signature) => toHex(signature) === signed(key, bytes),
}
const hour = 3_600_000
const at = 1_700_000_000_000
const plain: RetireOrder = {
  ...{ id: 'ab'.repeat(16), cluster: 'shop', region: 'us', incarnation: 2, overrides: false },
  ...{ members: ['ap', 'eu', 'us'], by: 'eu', signedMs: at, untilMs: at + hour },
}
const order = (parts: Partial<RetireOrder> = {}, key = 'key'): SignedOrder => {
  const said = { ...plain, ...parts }
  return { ...said, key, signature: signed(key, statementOf(said)) }
}
const retire = (parts: Partial<OrderedRetire> = {}): OrderedRetire => ({
  ...{ by: 'eu', sequence: 9, time: { wallMs: at + 1_000, counter: 0 }, region: 'us', before: null, overrides: false },
  ...{ known: ['us', 'us@2'], members: ['ap', 'eu', 'us'], order: order() },
  ...parts,
})
const without = ({ order: _, ...rest }: OrderedRetire): OrderedRetire => rest

describe('an order to retire a region', () => {
  it('S7: is what an operator has signed, by any key of theirs, and the next life of its writer may take it up', () => {
    expect(findOrderFlaw(operators, retire())).toBeNull()
    expect(findOrderFlaw(operators, retire({ by: 'eu@3', order: order({}, 'newer key') }))).toBeNull()
  })

  it('C6 S7: says nothing else than what was signed, whatever part of it is changed', () => {
    const changes: Partial<SignedOrder>[] = [
      ...[{ id: 'cd'.repeat(16) }, { region: 'ap' }, { incarnation: 3 }, { overrides: true }, { by: 'ap' }],
      ...[{ members: ['ap', 'eu'] }, { signedMs: at - 1 }, { untilMs: at + 2 * hour }, { key: 'newer key' }],
    ]
    for (const change of changes)
      expect(findOrderFlaw(operators, retire({ order: { ...order(), ...change } }))).toContain('than was signed')
    expect(findOrderFlaw(operators, retire({ order: order({}, 'a stranger’s key') }))).toContain('not known here')
  })

  it('C6 S7: retires what it names, by whom it names, as it says, and no more than that', () => {
    const flawOf = (parts: Partial<OrderedRetire>) => findOrderFlaw(operators, retire(parts))
    expect(flawOf({ region: 'ap' })).toContain('is to retire us, not ap')
    expect(flawOf({ by: 'ap' })).toContain('is for eu to take up, not for ap')
    expect(flawOf({ overrides: true })).toContain('does not say that it overrides')
    expect(flawOf({ order: order({ overrides: true }) })).toContain('says that it overrides')
    expect(flawOf({ members: ['eu'] })).toContain('and not by eu')
    expect(flawOf({ members: ['ap', 'eu', 'sa', 'us'] })).toContain('and not by ap, eu, sa, us')
    expect(flawOf({ members: null })).toContain('and not by nobody')
    expect(flawOf({ known: ['us', 'us@3'] })).toContain('has begun anew as number 3')
    expect(flawOf({ order: order({ cluster: 'staging' }) })).toContain('for the cluster staging')
  })

  it('S7: is taken up while it holds, and holds for a day at most', () => {
    const flawAt = (wallMs: number, parts: Partial<RetireOrder> = {}) =>
      findOrderFlaw(operators, retire({ time: { wallMs, counter: 0 }, order: order(parts) }))
    expect(flawAt(at + hour)).toBeNull()
    expect(flawAt(at + hour + 1)).toContain('held until 2023-11-14T23:13:20.000Z')
    expect(flawAt(at - 60_000)).toBeNull()
    expect(flawAt(at - hour)).toContain('one of the clocks is wrong')
    expect(flawAt(at, { untilMs: at + 25 * hour })).toContain('longer than 24 hours')
    expect(flawAt(Number.MAX_SAFE_INTEGER)).toContain('held until')
  })

  it('S7 W8: is not needed for a region’s own earlier incarnations, nor for a retire from before there were keys', () => {
    expect(findOrderFlaw(operators, without(retire()))).toContain('without an order of an operator')
    expect(findOrderFlaw(operators, without(retire({ region: 'eu', before: 2 })))).toBeNull()
    expect(findOrderFlaw(operators, without(retire({ sequence: 7 })))).toBeNull()
  })

  it('S7: is read from JSON, and what is none is none', () => {
    expect(parseOrder(JSON.stringify({ ...order(), more: 1 }))).toEqual(order())
    const broken = [
      { id: 'x' },
      { members: 'all' },
      { members: ['US'] },
      { untilMs: -1 },
      { signature: 'ab' },
      { by: 1 },
    ]
    for (const change of broken) expect(parseOrder(JSON.stringify({ ...order(), ...change }))).toBeNull()
    for (const text of ['', '7', 'null', '[]', '{']) expect(parseOrder(text)).toBeNull()
  })

  it('S7: of what a peer tells, a retire that nobody ordered is found, but for what is held already', () => {
    const bad = without(retire({ sequence: 11 }))
    // A region that has left still counts among those who had written anything.
    const told = [retire({ members: ['ap', 'eu', 'sa', 'us'] }), bad]
    expect(findUnordered(operators, told, [])?.retire).toBe(bad)
    expect(findUnordered(operators, told, [bad])).toBeNull()
    expect(findUnordered(null, told, [])).toBeNull()
  })
})
