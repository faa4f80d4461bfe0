// Seeded randomness for simulations: the same seed, the same run. Not for secrets.

import type { Random } from '@causeway/regions/ports'

/** sfc32 (Chris Doty-Humphrey), seeded by splitmix over a 32-bit seed. */
export class SeededRandom implements Random {
  readonly seed: number
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number) {
    this.seed = seed >>> 0
    let mixed = this.seed
    const next = () => {
      mixed = (mixed + 0x9e3779b9) | 0
      let value = mixed ^ (mixed >>> 16)
      value = Math.imul(value, 0x21f0aaad)
      value ^= value >>> 15
      value = Math.imul(value, 0x735a2d97)
      return value ^ (value >>> 15)
    }
    this.#a = next()
    this.#b = next()
    this.#c = next()
    for (let round = 0; round < 12; round += 1) this.#next()
  }

  unit(): number {
    return this.#next() / 0x1_0000_0000
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#next() & 0xff)
  }

  /** Whole number from `minimum` to `maximum`, both included. */
  integer(minimum: number, maximum: number): number {
    return minimum + Math.floor(this.unit() * (maximum - minimum + 1))
  }

  /** One of `choices`; throws RangeError where there is none. */
  pick<Choice>(choices: readonly Choice[]): Choice {
    const index = this.integer(0, choices.length - 1)
    if (index < 0) throw new RangeError('nothing to pick from')
    return choices[index] as Choice
  }

  chance(probability: number): boolean {
    return this.unit() < probability
  }

  /** A generator of its own, so that one part's draws do not shift another's. */
  fork(label: string): SeededRandom {
    let seed = this.seed ^ 0x811c9dc5
    for (const character of label) seed = Math.imul(seed ^ (character.codePointAt(0) ?? 0), 0x01000193)
    return new SeededRandom(seed)
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }
}
