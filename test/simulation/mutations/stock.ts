// Breaks of how units are counted, reserved, given away and let go.

import type { Mutation } from './mutation.ts'

const spendsBlindly = {
  file: 'regions/committer/workspace.ts',
  search: '      if (rightsOf(row) < 0)\n',
  replacement: '      if (rightsOf(row) < -1_000_000)\n',
}
const sellsBlindly = {
  file: 'schema/documents/order/place.ts',
  search: 'const short = needs.filter(({ sku, units }) => rightsOf(context.ownStock(sku)) < units)',
  replacement: 'const short = needs.filter(({ sku, units }) => rightsOf(context.ownStock(sku)) + 5 < units)',
}
const storesBlindly = {
  file: 'db/memory/database.ts',
  search: '  if (rightsOf(row) >= 0) return\n',
  replacement: '  if (rightsOf(row) >= -1_000_000) return\n',
}

export const stockMutations: readonly Mutation[] = [
  {
    id: 'S1a',
    breaks: 'rights below zero are not refused at the end of a command',
    replacements: [spendsBlindly],
    guard: { by: "each command's own look at rights", together: 'S1b' },
  },
  {
    id: 'S1b',
    breaks: 'an order may take five units that are not there, and nothing stops it at the end',
    replacements: [spendsBlindly, sellsBlindly],
    guard: { by: 'the constraint of the store on rights', together: 'S1c' },
  },
  {
    id: 'S1c',
    breaks: 'the same, and the store takes rights below zero',
    replacements: [spendsBlindly, sellsBlindly, storesBlindly],
  },
  {
    id: 'S1d',
    breaks: 'units given away still count as rights',
    replacements: [
      { file: 'schema/stock/row.ts', search: ' + row.givenIn - givenOut - sold', replacement: ' + row.givenIn - sold' },
    ],
  },
  {
    id: 'S2',
    breaks: 'a region now and then begins its own row anew',
    replacements: [
      {
        file: 'regions/committer/workspace.ts',
        search: '    if (own) return own\n',
        replacement: '    if (own && own.cells.sold % 7 !== 6) return own\n',
      },
    ],
  },
  {
    id: 'S3',
    breaks: 'a request for rights that comes twice is given for twice',
    replacements: [
      {
        file: 'schema/stock/give-rights.ts',
        search: '    if (earlier !== undefined) return accept({ result: earlier.result })\n',
        replacement: '',
      },
    ],
  },
  {
    id: 'S3b',
    breaks: 'rights are given to an earlier life of a region that was restored',
    test: 'schema/stock/give-rights.test.ts',
    replacements: [
      {
        file: 'schema/stock/give-rights.ts',
        search: 'isMember && endOf(context.fencing.fences, to) === null',
        replacement: 'isMember',
      },
    ],
  },
  {
    id: 'S5',
    breaks: 'of several claims to one order the latest stands',
    replacements: [
      {
        file: 'schema/documents/order/fold.ts',
        search: "const placed = records.find((record) => isOf(record, 'placed'))",
        replacement: "const placed = records.findLast((record) => isOf(record, 'placed'))",
      },
    ],
  },
  {
    id: 'S8',
    breaks: 'a cancellation lets its units go before it is stable',
    replacements: [
      {
        file: 'schema/documents/order/obligations.ts',
        search: "      return reserves ? draft(itemOf(fact), 'stable') : []",
        replacement: "      return reserves ? draft(itemOf(fact), 'now') : []",
      },
    ],
  },
  {
    id: 'S8b',
    breaks: 'what left with the second answer to one shipment does not count',
    test: 'test/simulation/shipped-twice.test.ts',
    replacements: [
      {
        file: 'schema/documents/order/fold.ts',
        search: "const shipped = records.filter((record) => isOf(record, 'shipped'))",
        replacement: "const shipped = facts.filter((record) => isOf(record, 'shipped'))",
      },
    ],
  },
  {
    id: 'S8c',
    breaks: 'what another region lost of an order is settled from every losing claim whose lines are called the same',
    test: 'schema/documents/order/owed.test.ts',
    replacements: [
      {
        file: 'schema/documents/order/owed.ts',
        search: 'if (claim !== reason) continue',
        replacement: "if (!isOf(reason, 'placed') || reason === fold.placed) continue",
      },
    ],
  },
  {
    id: 'S8d',
    breaks: 'a region ships what a till has sold from its lease before it is certain that nobody else does',
    test: 'schema/documents/order/leased-apart.test.ts',
    replacements: [
      {
        file: 'schema/documents/order/obligations.ts',
        search: "holding === 'leased units' ? 'stable' : 'now'",
        replacement: "holding === 'leased units' ? 'now' : 'now'",
      },
    ],
  },
  {
    id: 'S8e',
    breaks: 'what a claim from a lease lost comes back before it is certain that no other claim holds the same',
    test: 'schema/documents/order/leased-apart.test.ts',
    replacements: [
      {
        file: 'schema/documents/order/obligations.ts',
        search: "lent ? 'stable' : 'now'",
        replacement: "lent ? 'now' : 'now'",
      },
    ],
  },
  {
    id: 'S8f',
    breaks: 'a region that hears late of a claim from its lease does not look at what was done with the order before',
    test: 'schema/documents/order/leased-apart.test.ts',
    replacements: [
      {
        file: 'schema/documents/order/obligations.ts',
        search: 'fact.origin === origin || isLender(origin, fact)',
        replacement: 'fact.origin === origin',
      },
    ],
  },
  {
    id: 'S8g',
    breaks: 'claims to one sale from a lease that part its units into other lines hold them once more',
    test: 'schema/documents/order/leased-apart.test.ts',
    replacements: [
      {
        file: 'schema/documents/order/owed.ts',
        search: 'const { id } = line.lease',
        replacement: 'const id = reservationKey(line)',
      },
    ],
  },
  {
    id: 'S8h',
    breaks: 'what a region has settled of its own claim it does not look at again for an earlier one from its lease',
    test: 'schema/documents/order/leased-apart.test.ts',
    replacements: [
      {
        file: 'schema/documents/order/obligations.ts',
        search: 'item: lateItem(draft.item)',
        replacement: 'item: draft.item',
      },
    ],
  },
  {
    id: 'S8i',
    breaks: 'what a till takes back of an order that stands is for sale and the order’s as well',
    test: 'schema/documents/lease/given-back.test.ts',
    replacements: [
      {
        file: 'schema/documents/lease/record.ts',
        search: "return step === 'release'",
        replacement: "return step === 'release' && order === ''",
      },
    ],
  },
  {
    id: 'S8j',
    breaks:
      'what was done with an order before a region’s own claim, which the snapshot that tells it lacks, is not looked at',
    test: 'test/simulation/snapshots.test.ts',
    replacements: [
      {
        file: 'schema/documents/order/obligations.ts',
        search: 'const isNews = fact.origin === origin ||',
        replacement: 'const isNews =',
      },
    ],
  },
]
