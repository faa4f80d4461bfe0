import { describe, expect, it } from 'vitest'
import { issuedAt } from './expiry.ts'

/** Made at 2022-02-22T19:22:22Z: the example of RFC 9562. */
const example = '017F22E2-79B0-7CC3-98C4-DC0C0C07398F'
const madeAt = Date.parse('2022-02-22T19:22:22Z')

describe('the age of a key', () => {
  it('I5: is told by a UUID of version 7, whatever stands before and behind it', () => {
    expect(issuedAt(example)).toBe(madeAt)
    expect(issuedAt(`till-4.${example.toLowerCase()}/ship`)).toBe(madeAt)
    expect(issuedAt(`01000000-0000-7000-8000-000000000000.${example}`)).toBe(madeAt)
  })

  it('I5: is not known of any other key', () => {
    expect(issuedAt('order-17')).toBeNull()
    expect(issuedAt('9b2f1c1e-8f0a-4c7e-9a68-3d1b7d1f1c11')).toBeNull()
  })
})
