import { expect, it } from 'vitest'
import { maximumQuantity } from '../documents/parsing.ts'
import { emptyCells, mainLocation } from './row.ts'
import { describeShortage } from './shortage.ts'

const rowOf = (holder: string, received: number) => ({
  sku: 'mug',
  location: mainLocation,
  holder,
  cells: { ...emptyCells, received },
  givenIn: 0,
})

it('S4: of more units than the API can count, it says as many as it can', () => {
  const rows = [rowOf('eu', 1), rowOf('us', maximumQuantity), rowOf('ap', 3 * maximumQuantity)]
  const told = describeShortage('mug', maximumQuantity, rows, { origin: 'eu', units: 1 })
  expect(told).toMatchObject({
    code: 'STOCK_UNREACHABLE',
    available: maximumQuantity,
    rights: [
      { region: 'ap', units: maximumQuantity },
      { region: 'eu', units: 1 },
      { region: 'us', units: maximumQuantity },
    ],
  })
})

it.each([
  [0, 3, '3 units of mug were asked for, none is left.'],
  [1, 3, '3 units of mug were asked for, 1 is left: ask for fewer.'],
  [2, 3, '3 units of mug were asked for, 2 are left: ask for fewer.'],
  [0, 1, '1 unit of mug was asked for, none is left.'],
])('S4: of %i units that are left, %i asked for, it says how many there are', (left, asked, message) => {
  const told = describeShortage('mug', asked, [rowOf('eu', left)], { origin: 'eu', units: left })
  expect(told).toMatchObject({ code: 'OUT_OF_STOCK', available: left, message })
})

it('says of one unit elsewhere that it is there', () => {
  const told = describeShortage('mug', 1, [rowOf('us', 1)], { origin: 'eu', units: 0 })
  expect(told.message).toBe(
    '1 unit of mug was asked for, 0 can be sold here; 1 more is known in us and could not be had from there now: try again later.',
  )
})

it('S4 S7: units that a region held before it was restored are known, and not sold out, though nobody can sell them yet', () => {
  const rows = [rowOf('eu', 5), rowOf('eu@2', 1), rowOf('us', 2)]
  const here = { origin: 'eu@2', units: 1 }
  const rights = [
    { region: 'eu', units: 6 },
    { region: 'us', units: 2 },
  ]
  expect(describeShortage('mug', 4, rows, here)).toMatchObject({
    code: 'STOCK_UNREACHABLE',
    message:
      '4 units of mug were asked for, 1 can be sold here; 7 more are known in us, eu from before it was restored and could not be had from there now: try again later.',
    available: 8,
    rights,
  })
  expect(describeShortage('mug', 9, rows, here)).toMatchObject({ code: 'OUT_OF_STOCK', available: 8, rights })
})
