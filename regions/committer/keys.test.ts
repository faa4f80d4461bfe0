import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonical, nameCommand } from './keys.ts'

const crypto = { sha256: (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest()) }
const random = () => new Uint8Array(16).fill(7)
const alice = { subject: 'alice', roles: ['customer' as const], region: null }
const bob = { ...alice, subject: 'bob' }

describe('naming a command', () => {
  it('I1: the same key and input have the same name in every region, whatever the order of the members', () => {
    const one = nameCommand(
      { principal: alice, idempotencyKey: 'k' },
      { a: 1, b: { c: 2, d: 3 } },
      null,
      crypto,
      random,
    )
    const two = nameCommand(
      { principal: alice, idempotencyKey: 'k' },
      { b: { d: 3, c: 2 }, a: 1 },
      null,
      crypto,
      random,
    )
    expect(two).toEqual(one)
    expect(one.commandId).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/)
  })

  it('the key itself is no part of the input', () => {
    const bare = nameCommand({ principal: alice, idempotencyKey: 'k' }, { a: 1 }, null, crypto, random)
    const inside = nameCommand(
      { principal: alice, idempotencyKey: 'k' },
      { a: 1, idempotencyKey: 'k' },
      null,
      crypto,
      random,
    )
    expect(inside.inputDigest).toBe(bare.inputDigest)
  })

  it('two callers may use the same key', () => {
    const of = (principal: typeof alice) => nameCommand({ principal, idempotencyKey: 'k' }, {}, null, crypto, random)
    expect(of(alice).key).not.toBe(of(bob).key)
    expect(of(alice).commandId).not.toBe(of(bob).commandId)
  })

  it('I1: no caller can choose a key that is another caller’s, or one of a region’s own', () => {
    const keyOf = (subject: string, idempotencyKey: string) =>
      nameCommand({ principal: { ...alice, subject }, idempotencyKey }, {}, null, crypto, random).key
    expect(keyOf('tenant', 'alice:k')).not.toBe(keyOf('tenant:alice', 'k'))
    expect(keyOf('tenant%3Aalice', 'k')).not.toBe(keyOf('tenant:alice', 'k'))
    for (const subject of [':settled', ':natural:alice', ':']) expect(keyOf(subject, 'k')).not.toMatch(/^:/)
    expect(keyOf('alice', 'a:b')).toBe('alice:a:b')
  })

  it('a command without a key is named at random and keeps no outcome', () => {
    const named = nameCommand({ principal: alice }, {}, null, crypto, random)
    expect(named).toMatchObject({ key: null, inputDigest: '' })
    expect(nameCommand({ principal: alice }, {}, null, crypto, () => new Uint8Array(16)).commandId).not.toBe(
      named.commandId,
    )
  })

  it('canonical JSON leaves out absent members and keeps the order of lists', () => {
    expect(canonical({ b: [2, 1], a: undefined })).toBe('{"b":[2,1]}')
  })

  it('canonical JSON is what JSON.stringify makes of members in order, whatever their names', () => {
    const names = fc.oneof(fc.string(), fc.integer({ min: 0, max: 20 }).map(String), fc.constantFrom('01', '-1', '1e1'))
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        fc.string(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('json')),
        fc.dictionary(names, fc.oneof(tie('json'), fc.constant(undefined))),
      ),
    }))
    const sorted = (value: unknown) =>
      JSON.stringify(value, (_, member: unknown) =>
        member !== null && typeof member === 'object' && !Array.isArray(member)
          ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
          : member,
      )
    const holds = (value: unknown) => canonical(value) === sorted(value)
    fc.assert(fc.property(json, holds))
  })
})
