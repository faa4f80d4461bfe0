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
    expect(read({})).toEqual({ reach: null, durability: null, idempotencyKey: null, resent: false, deadlineAt: 11_000 })
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

  it('a session reads at least its token', () => {
    const token = encodeToken({ 'eu-west-1': 7 })
    expect(read({ 'causeway-consistency': 'session', 'causeway-token': token }).reach).toEqual({ 'eu-west-1': 7 })
    expect(read({ 'causeway-token': token }).reach).toBeNull()
    for (const level of ['strong', 'bounded;ms=100', 'often'])
      expect(() => read({ 'causeway-consistency': level })).toThrow('causeway-consistency')
  })

  it('whatever they say, the answer is options or an error for the caller', () => {
    const names = [
      'causeway-region',
      'causeway-consistency',
      'causeway-token',
      'causeway-durability',
      'idempotency-key',
      'causeway-deadline',
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

  it('any other text is refused in words', () => {
    fc.assert(
      fc.property(
        fc.string(),
        (text) => void expect(() => decodeCursor('orders', text, ['string', 'string'])).toThrow('no cursor'),
      ),
    )
  })
})
