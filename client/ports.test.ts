import { describe, expect, it } from 'vitest'
import { timeId } from './ports.ts'

describe('an id that tells when it was made', () => {
  it('I5: is a UUID of version 7', () => {
    const id = timeId(0x017f22e279b0, Uint8Array.of(0xcc, 0x30, 0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f))
    expect(id).toBe('017f22e2-79b0-7cc3-898c-4dc0c0c07398')
  })

  it('is another one for other random bytes, and sorts by time', () => {
    const ones = new Uint8Array(10).fill(255)
    const zeros = new Uint8Array(10)
    expect(timeId(5, ones)).toBe('00000000-0005-7fff-bfff-ffffffffffff')
    expect(timeId(5, zeros)).toBe('00000000-0005-7000-8000-000000000000')
    expect(timeId(5, ones) < timeId(6, zeros)).toBe(true)
  })
})
