import { expect, it } from 'vitest'
import { RecentHashes } from './recent-hashes.ts'

it('C5: of what has come, the hashes of the newest commits of each origin are at hand, and no more than a bound of them', () => {
  const recent = new RecentHashes()
  const hash = (number: number) => new Uint8Array(32).fill(number % 251)
  for (let sequence = 1; sequence <= 1_000; sequence += 1)
    recent.note({ origin: 'eu', lastSequence: sequence, hash: hash(sequence) })
  expect(recent.at('eu', 1_000)).toEqual(hash(1_000))
  expect(recent.at('eu', 1_000 - 256)).toBeUndefined()
  expect(recent.at('us', 1)).toBeUndefined()
  for (let origin = 1; origin <= 100; origin += 1)
    recent.note({ origin: `us@${origin}`, lastSequence: 1, hash: hash(1) })
  expect(recent.at('us@100', 1)).toEqual(hash(1))
  expect(recent.at('eu', 1_000)).toBeUndefined()
})
