// Who may hold a shopper's personal data.

import { describe, expect, it } from 'vitest'
import { homePlacement, isPlacementClass, mayHold, regionsOfPlacement } from './placement.ts'

describe('placement', () => {
  it('C12: only the named regions may hold what is at home there', () => {
    const placement = homePlacement(['eu-west-1', 'eu-north-1'])
    expect(mayHold(placement, 'eu-west-1')).toBe(true)
    expect(mayHold(placement, 'eu-north-1')).toBe(true)
    expect(mayHold(placement, 'us-east-1')).toBe(false)
    expect(mayHold(placement, 'eu-west')).toBe(false)
    expect(mayHold('everywhere', 'us-east-1')).toBe(true)
  })

  it('C12: the same regions are the same class, in whatever order they are named', () => {
    expect(homePlacement(['eu-west-1', 'eu-north-1', 'eu-west-1'])).toBe('home:eu-north-1,eu-west-1')
    expect(regionsOfPlacement('home:eu-north-1,eu-west-1')).toEqual(['eu-north-1', 'eu-west-1'])
    expect(regionsOfPlacement('everywhere')).toBeNull()
  })

  it('refuses a home nowhere, or in what is no region', () => {
    expect(() => homePlacement([])).toThrow(RangeError)
    expect(() => homePlacement(['eu,us'])).toThrow(RangeError)
  })

  it.each(['everywhere', 'home:a', 'home:a,b'])('takes %j as a class', (text) => {
    expect(isPlacementClass(text)).toBe(true)
  })

  it.each(['', 'home:', 'home:b,a', 'home:a,a', 'home:A', 'somewhere'])('refuses %j as a class', (text) => {
    expect(isPlacementClass(text)).toBe(false)
  })
})
