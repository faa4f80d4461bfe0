import { describe, expect, it } from 'vitest'
import { leftOf } from './departures.ts'

const members = ['ap', 'eu', 'us']
/** `wallMs` of a retire; without, a word about one of others. */
const word = (by: string, about: string, wallMs: number | null = null, isOverriding = false) => ({
  ...{ by, about: [about], held: {}, isOverriding },
  retiredAt: wallMs === null ? null : { wallMs, counter: 0 },
})

describe('who has left, by what was said', () => {
  it('S7: of two that retire each other the third says a word about both, and one of them stays: the lower retire counts', () => {
    const said = (eu: number, ap: number) => [
      word('eu', 'ap', eu),
      word('ap', 'eu', ap),
      word('us', 'eu'),
      word('us', 'ap'),
    ]
    expect(leftOf(said(1, 2), members)).toEqual(['ap'])
    expect(leftOf(said(2, 1), members)).toEqual(['eu'])
  })

  it('S7: one goes on without the two others where an operator has said so, and nobody leaves while a word is missing', () => {
    const first = [word('eu', 'ap', 1), word('us', 'ap')]
    expect(leftOf(first.slice(0, 1), members)).toEqual([])
    expect(leftOf(first, members)).toEqual(['ap'])
    expect(leftOf([...first, word('us', 'eu', 2)], members)).toEqual(['ap'])
    expect(leftOf([...first, word('us', 'eu', 2, true)], members)).toEqual(['ap', 'eu'])
  })
})
