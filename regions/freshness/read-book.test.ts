import { expect, it } from 'vitest'
import { ReadBook } from './read-book.ts'

it('Q2: an operator sees how many bounded reads were too stale, and how old the served ones were', () => {
  const book = new ReadBook()
  book.note('bounded', true, 40)
  book.note('bounded', true, 104)
  book.note('bounded', false, 9_000)
  book.note('eventual', true, null)
  expect(book.counts()).toEqual([
    { consistency: 'eventual', served: 1, missed: 0, staleness: null },
    { consistency: 'session', served: 0, missed: 0, staleness: null },
    { consistency: 'bounded', served: 2, missed: 1, staleness: { averageMs: 41, greatestMs: 104 } },
    { consistency: 'strong', served: 0, missed: 0, staleness: null },
  ])
})
