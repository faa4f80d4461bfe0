// Names of regions and of the lives they have lived.

import { describe, expect, it } from 'vitest'
import { incarnationOf, isOrigin, isRegionId, makeOrigin, regionOf } from './origin.ts'

describe('origins', () => {
  it('W8: a restored region writes under a new name of the same region', () => {
    expect(makeOrigin('eu-west-1', 1)).toBe('eu-west-1')
    expect(makeOrigin('eu-west-1', 12)).toBe('eu-west-1@12')
    expect(regionOf('eu-west-1@12')).toBe('eu-west-1')
    expect(incarnationOf('eu-west-1@12')).toBe(12)
    expect(incarnationOf('eu-west-1')).toBe(1)
  })

  it.each(['eu-west-1', 'a', '1', 'eu-west-1@2', 'eu-west-1@10'])('takes %j', (origin) => {
    expect(isOrigin(origin)).toBe(true)
    expect(makeOrigin(regionOf(origin), incarnationOf(origin))).toBe(origin)
  })

  it.each(['', 'EU', '-eu', 'eu-', 'eu_1', 'eu@', 'eu@0', 'eu@1', 'eu@02', 'eu@x', '@2', '__proto__', 'a'.repeat(64)])(
    'refuses %j',
    (text) => {
      expect(isOrigin(text)).toBe(false)
    },
  )

  it('refuses to make what is no origin', () => {
    expect(() => makeOrigin('EU', 1)).toThrow(RangeError)
    expect(() => makeOrigin('eu', 0)).toThrow(RangeError)
    expect(isRegionId('eu-west-1@2')).toBe(false)
  })
})
