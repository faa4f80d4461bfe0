import { type FieldNode, Kind, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { Place } from './place.ts'

function rootOf(text: string): FieldNode {
  const [operation] = parse(text).definitions
  const field = operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections[0] : undefined
  if (field?.kind !== Kind.FIELD) throw new Error('no root field')
  return field
}

const message = (sku: string, available: number, token: string) => ({
  data: { stockChanged: { sku, available } },
  extensions: { causeway: { token } },
})

describe('where a subscriber stands', () => {
  it('G3: the state of several SKUs counts when all of it was shown: lost before, it is shown anew', () => {
    const place = new Place(rootOf('subscription($s: [ID!]!) { stockChanged(skus: $s) { sku } }'), {
      s: ['a', 'b', 'b'],
    })
    expect(place.moveTo(message('a', 1, 't0'))).toBe(true)
    expect(place.token).toBeUndefined()
    place.lost()
    expect(place.moveTo(message('a', 1, 't0'))).toBe(true)
    expect(place.token).toBeUndefined()
    expect(place.moveTo(message('b', 1, 't0'))).toBe(true)
    expect(place.token).toBe('t0')
  })

  it('G3: what was shown of a commit that a region was lost in the middle of is not shown again', () => {
    const place = new Place(rootOf('subscription { stockChanged(skus: ["a", "b"], after: "t0") { sku } }'), {})
    place.moveTo(message('a', 9, 't1'))
    // A commit that changed both: the token moves with its last message.
    expect(place.moveTo(message('a', 8, 't1'))).toBe(true)
    place.lost()
    expect(place.token).toBe('t1')
    expect(place.moveTo(message('a', 8, 't1'))).toBe(false)
    expect(place.moveTo(message('b', 7, 't2'))).toBe(true)
    expect(place.moveTo(message('a', 8, 't3'))).toBe(true)
  })
})
