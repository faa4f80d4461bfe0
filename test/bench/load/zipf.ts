// Draws as shops do: few goods are asked for often, most of them seldom. The n-th most wanted is drawn in proportion to
// 1/n (Zipf's law with exponent 1).

export class Zipf {
  /** `#upTo[index]`: the share of draws that fall on `index` or one before it. */
  readonly #upTo: Float64Array
  readonly #random: () => number

  constructor(count: number, random: () => number = Math.random) {
    this.#random = random
    this.#upTo = new Float64Array(count)
    let sum = 0
    for (let index = 0; index < count; index += 1) {
      sum += 1 / (index + 1)
      this.#upTo[index] = sum
    }
    for (let index = 0; index < count; index += 1) this.#upTo[index] = (this.#upTo[index] ?? 0) / sum
  }

  /** 0 is drawn most. */
  draw(): number {
    const wanted = this.#random()
    let low = 0
    let high = this.#upTo.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#upTo[middle] ?? 1) > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}
