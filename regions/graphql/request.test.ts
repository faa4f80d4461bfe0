// What headers and cursors may say, and that no other text gets through.

import { encodeToken } from '@causeway/schema/clock/causal-token'
import fc from 'fast-check'
import { GraphQLError } from 'graphql'
import { describe, expect, it } from 'vitest'
import { decodeCursor, encodeCursor } from './connection.ts'
import { readRequest } from './request.ts'

const region = { id: 'us-east-1', members: ['us-east-1', 'eu-west-1', 'ap-south-1'] }
const read = (headers: Readonly<Record<string, string>>) => readRequest((name) => headers[name], region, 1_000)

describe('headers', () => {
  it('without any, a caller gets what the region has, within ten seconds', () => {
    expect(read({})).toEqual({
      consistency: { level: 'eventual' },
      freshBy: 10_750,
      durability: null,
      idempotencyKey: null,
      resent: false,
      deadlineAt: 11_000,
    })
  })

  it('say how many regions must hold a write, and for how long to wait', () => {
    expect(read({ 'causeway-durability': '2;ms=300' }).durability).toEqual({ count: 2, waitMs: 300 })
    expect(read({ 'causeway-durability': '3' }).durability).toEqual({ count: 3, waitMs: 5_000 })
    for (const wrong of ['0', '4', 'two', '2;ms', '-1'])
      expect(() => read({ 'causeway-durability': wrong })).toThrow('causeway-durability')
  })

  it('carry a key bare or quoted, a mark of being sent again, and the time that is left', () => {
    expect(read({ 'idempotency-key': '"k-1"', 'causeway-resent': '1', 'causeway-deadline': '250' })).toMatchObject({
      idempotencyKey: 'k-1',
      resent: true,
      deadlineAt: 1_250,
    })
    expect(() => read({ 'idempotency-key': '""' })).toThrow('idempotency-key')
    expect(() => read({ 'causeway-deadline': 'soon' })).toThrow('causeway-deadline')
  })

  it('Q1: a session reads at least its token', () => {
    const token = encodeToken({ 'eu-west-1': 7 })
    expect(read({ 'causeway-consistency': 'session', 'causeway-token': token }).consistency).toEqual({
      level: 'session',
      token: { 'eu-west-1': 7 },
    })
    expect(read({ 'causeway-token': token }).consistency).toEqual({ level: 'eventual' })
    expect(read({ 'causeway-consistency': 'session' }).consistency).toEqual({ level: 'session', token: null })
    expect(() => read({ 'causeway-consistency': 'session', 'causeway-token': 'x' })).toThrow('causeway-token')
  })

  it('Q2, Q3: say how old an answer may be', () => {
    const level = (text: string) => read({ 'causeway-consistency': text }).consistency
    expect(level('Bounded; ms = 250')).toEqual({ level: 'bounded', maxStalenessMs: 250 })
    expect(level('bounded;ms=0')).toEqual({ level: 'bounded', maxStalenessMs: 0 })
    expect(level('strong')).toEqual({ level: 'strong' })
    for (const wrong of [
      'often',
      'bounded',
      'bounded;ms=',
      'bounded;ms=-1',
      'bounded;s=1',
      'bounded;ms=1;ms=2',
      'strong;ms=1',
    ])
      expect(() => level(wrong)).toThrow('causeway-consistency')
  })

  it('the wait for freshness leaves time for the answer, and is as short as a gateway wants it', () => {
    expect(read({ 'causeway-deadline': '100' }).freshBy).toBe(1_075)
    expect(read({ 'causeway-deadline': '4000', 'causeway-fresh-within': '1000' }).freshBy).toBe(2_000)
    expect(read({ 'causeway-deadline': '400', 'causeway-fresh-within': '1000' }).freshBy).toBe(1_300)
  })

  it('whatever they say, the answer is options or an error for the caller', () => {
    const names = [
      'causeway-region',
      'causeway-consistency',
      'causeway-token',
      'causeway-durability',
      'idempotency-key',
      'causeway-deadline',
      'causeway-fresh-within',
    ]
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.string()), (headers) => {
        try {
          read(headers)
        } catch (error) {
          expect(error).toBeInstanceOf(GraphQLError)
        }
      }),
    )
  })
})

describe('cursors', () => {
  it('come back as what they were made of, and only in their own list', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), (key, id, rank) => {
        const cursor = encodeCursor('products', [key, id, rank === 0 ? 0 : rank])
        expect(decodeCursor('products', cursor, ['string', 'string', 'number'])).toEqual([
          key,
          id,
          rank === 0 ? 0 : rank,
        ])
        expect(() => decodeCursor('orders', cursor, ['string', 'string', 'number'])).toThrow('no cursor of this list')
      }),
    )
  })

  it('one with a NUL in it, which no database can look for, is refused in words', () => {
    for (const parts of [
      ['a\0', 'b'],
      ['a', '\0'],
    ])
      expect(() => decodeCursor('orders', encodeCursor('orders', parts), ['string', 'string'])).toThrow('no cursor')
  })

  it('any other text is refused in words', () => {
    fc.assert(
      fc.property(
        fc.string(),
        (text) => void expect(() => decodeCursor('orders', text, ['string', 'string'])).toThrow('no cursor'),
      ),
    )
  })
})
