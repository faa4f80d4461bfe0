import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DemandBook, maximumWatched } from './demand.ts'

/** Sells `quantity` every `everyMs` for so long, from plenty. */
function sell(book: DemandBook, sku: string, { quantity = 1, everyMs = 100, forMs = 60_000, fromMs = 0 }): number {
  let sold = 0
  for (let ms = fromMs; ms < fromMs + forMs; ms += everyMs) {
    sold += quantity
    book.wrote(sku, sold, 1_000_000, ms)
  }
  return sold
}

describe('what is sold of a SKU, and the mark below which more is asked for', () => {
  it('S4: the moving average comes near what is sold, and fades when nobody buys', () => {
    const book = new DemandBook()
    sell(book, 'mug', { everyMs: 100 })
    expect(book.need('mug', 60_000).perHour).toBeGreaterThan(36_000 * 0.95)
    expect(book.need('mug', 60_000).perHour).toBeLessThan(36_000 * 1.05)
    expect(book.need('mug', 70_000).perHour).toBeLessThan(36_000 * 0.4)
    expect(book.need('mug', 200_000)).toEqual({ low: 0, perHour: 0, target: 0 })
  })

  it('S4: the farther away the peers, and the larger the orders, the sooner it asks', () => {
    const lowOf = (leadMs: number, quantity: number) => {
      const book = new DemandBook()
      book.planFor(leadMs)
      sell(book, 'mug', { quantity, everyMs: 100 * quantity })
      return book.need('mug', 60_000).low
    }
    expect(lowOf(80, 1)).toBeLessThan(lowOf(220, 1))
    expect(lowOf(220, 1)).toBeLessThan(lowOf(220, 10))
    expect(lowOf(220, 1)).toBeGreaterThan(2)
  })

  it('S4: it asks below the mark and asks for more than the mark, at any pace', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 10, max: 5_000 }), (quantity, everyMs) => {
        const book = new DemandBook()
        const sold = sell(book, 'mug', { quantity, everyMs, forMs: 20_000 })
        const { low, target } = book.need('mug', 20_000)
        expect(low).toBeGreaterThan(0)
        expect(target).toBeGreaterThanOrEqual(3 * low)
        expect(book.wrote('mug', sold, low, 20_000)).toBe(false)
        expect(book.wrote('mug', sold, low - 1, 20_000)).toBe(true)
      }),
    )
  })

  it('S4: while it asks it does not ask again, and where nobody gives it waits longer each time', () => {
    const book = new DemandBook()
    const sold = sell(book, 'mug', {})
    const asksAt = (ms: number) => book.wrote('mug', sold, 0, ms)
    expect(asksAt(60_000)).toBe(true)
    book.asking('mug', 60_000)
    expect(asksAt(60_100)).toBe(false)
    book.answered('mug', 0, 60_100)
    expect([asksAt(60_300), asksAt(60_350)]).toEqual([false, true])
    book.answered('mug', 0, 60_350)
    expect([asksAt(60_800), asksAt(60_850)]).toEqual([false, true])
    book.answered('mug', 7, 60_850)
    expect(asksAt(60_850)).toBe(true)
  })

  it('S4: units of a sale that was short are counted once, though they are sold later', () => {
    const [short, sold] = [new DemandBook(), new DemandBook()]
    for (const book of [short, sold]) book.wrote('mug', 0, 9, 0)
    short.lacked('mug', 5, 0)
    short.wrote('mug', 5, 0, 200)
    sold.wrote('mug', 5, 0, 0)
    expect(short.need('mug', 200)).toEqual(sold.need('mug', 200))
  })

  it('S4: a clock that is set back does not keep a region from asking', () => {
    const book = new DemandBook()
    const sold = sell(book, 'mug', { fromMs: 3_600_000 })
    book.asking('mug', 3_660_000)
    expect(book.wrote('mug', sold, 0, 1_000)).toBe(true)
  })

  it('S4: as many SKUs as are sold of, what is remembered stays bounded, and what is sold often stays known', () => {
    const book = new DemandBook()
    for (let n = 0; n < 3 * maximumWatched; n++) {
      book.wrote(`sku-${n}`, 1, 1, n)
      if (n % 1_000 === 0) book.wrote('mug', n, 1_000_000, n)
    }
    expect(book.watched).toBeLessThanOrEqual(maximumWatched)
    expect(book.need('mug', 3 * maximumWatched).perHour).toBeGreaterThan(0)
    expect(book.need('sku-0', 3 * maximumWatched).perHour).toBe(0)
  })
})
