// Breaks of what becomes of units beyond their own region: asked of others (S4), lent to devices (S6), left behind a fence
// (S7). Seeds have tills where leases are broken; what no seed shows is left to the test that is named.

import type { Mutation } from './mutation.ts'

/** As in the runs with tills of CI. */
const withTills = { commands: 60, tills: 6 }

export const movedStockMutations: readonly Mutation[] = [
  {
    id: 'S4a',
    breaks: 'a sale that lacks rights asks nobody for them',
    test: 'test/simulation/rights/contention.test.ts',
    replacements: [
      {
        file: 'regions/committer/executor.ts',
        search: '        const { helped } = await claim.acquire(missing, untilMs)\n',
        replacement: '        const helped = missing.length < 0\n',
      },
    ],
  },
  {
    id: 'S4b',
    breaks: 'a region asks for rights only when a sale lacks them',
    test: 'regions/stock/rights-broker.test.ts',
    replacements: [
      {
        file: 'regions/stock/demand.ts',
        search: '    return rights < this.#lowOf(watched, nowMs)\n',
        replacement: '    return rights < -this.#lowOf(watched, nowMs)\n',
      },
    ],
  },
  {
    id: 'S4c',
    breaks: 'a giver serves younger orders first',
    test: 'regions/stock/gift-queue.test.ts',
    replacements: [
      {
        file: 'regions/stock/gift-queue.ts',
        search: 'ageOf(left) - ageOf(right) ||',
        replacement: 'ageOf(right) - ageOf(left) ||',
      },
    ],
  },
  {
    id: 'S4d',
    breaks: 'a list asks for no more units than it takes in the end, whatever comes in behind its sales',
    test: 'schema/stock/settle-key.test.ts',
    replacements: [
      {
        file: 'schema/stock/commands.ts',
        search: 'if (sum > (most.get(sku) ?? 0)) most.set(sku, sum)',
        replacement: 'if (sum > 0) most.set(sku, sum)\n    else most.delete(sku)',
      },
    ],
  },
  {
    id: 'S4f',
    breaks: 'what a peer gives that was not waited for any more counts for no sale',
    test: 'regions/stock/rebalancer.test.ts',
    replacements: [
      {
        file: 'regions/stock/rebalancer.ts',
        search: "if (round === undefined || (isLate && round.stage === 'looking')) continue",
        replacement: 'if (round === undefined || isLate) continue',
      },
    ],
  },
  {
    id: 'S4g',
    breaks: 'units that a region held before it was restored are not known to it',
    test: 'schema/stock/shortage.test.ts',
    replacements: [
      {
        file: 'schema/stock/shortage.ts',
        search: 'const earlier = Math.max(0, ',
        replacement: 'const earlier = Math.min(0, ',
      },
    ],
  },
  {
    id: 'S4h',
    breaks: 'levels that lie ahead of a subscriber are shown though not all of their rows are known',
    test: 'regions/graphql/live/stock-stream.test.ts',
    replacements: [
      {
        file: 'regions/graphql/live/stock-stream.ts',
        search: 'place >= (knownFrom.get(sku) ?? 0)',
        replacement: 'place >= 0',
      },
    ],
  },
  {
    id: 'S8k',
    breaks: 'what a restored region shows to know counts though it may have forgotten what it wrote before',
    test: 'regions/settlement/stability.test.ts',
    replacements: [
      {
        file: 'regions/settlement/stability.ts',
        search: 'if (newest === 1) return true',
        replacement: 'if (newest > 0) return true',
      },
    ],
  },
  {
    id: 'I2e',
    breaks: 'of outcomes of one key an earlier one comes before a list that took more, unless both are lists',
    test: 'schema/stock/outcomes.test.ts',
    replacements: [
      {
        file: 'schema/stock/outcomes.ts',
        search: 'takenOf(right.result) - takenOf(left.result) ||',
        replacement:
          "('taken' in left.result && 'taken' in right.result ? takenOf(right.result) - takenOf(left.result) : 0) ||",
      },
    ],
  },
  {
    id: 'S6a',
    breaks: 'what is left of a closed lease does not come back',
    run: withTills,
    replacements: [
      {
        file: 'schema/documents/lease/settle.ts',
        search: '    if (owed.length === 0) return accept({ result: { id } })\n',
        replacement: '    if (owed.length >= 0) return accept({ result: { id } })\n',
      },
    ],
  },
  {
    id: 'S6b',
    breaks: 'sales of a device are taken after its lease has ended',
    run: withTills,
    replacements: [
      {
        file: 'schema/documents/lease/carry.ts',
        search: '    if (fold.ended) {',
        replacement: '    if (fold.ended && entries.length === 0) {',
      },
    ],
  },
  {
    id: 'S6c',
    breaks: 'a device may sell five units more than it was lent',
    test: 'schema/stock/lease/entry.test.ts',
    replacements: [
      {
        file: 'schema/stock/lease/entry.ts',
        search: '  if (next.sold - next.released > units) return',
        replacement: '  if (next.sold - next.released > units + 5) return',
      },
    ],
  },
  {
    id: 'S6e',
    breaks: 'a sale told after the end of its lease is refused for good though another region may have taken it',
    test: 'schema/documents/lease/lease.test.ts',
    replacements: [
      {
        file: 'schema/documents/lease/carry.ts',
        search: '      if (!isEndSettled(fold, context))\n',
        replacement: "      if (!isEndSettled(fold, context) && region === '')\n",
      },
    ],
  },
  {
    id: 'S6i',
    breaks: 'that a lease is sold out is taken for proof that nobody took anything more of it',
    test: 'schema/documents/lease/sold-out.test.ts',
    replacements: [
      {
        file: 'schema/documents/lease/carry.ts',
        search: 'function isEndSettled({ opened, returned, ends }: LeaseFold,',
        replacement: 'function isEndSettled({ opened, returned, ends, sold, released }: LeaseFold,',
      },
      {
        file: 'schema/documents/lease/carry.ts',
        search: '|| ends.some(isStable)\n',
        replacement: '|| ends.some(isStable) || sold - released >= opened.units\n',
      },
    ],
  },
  {
    id: 'S6j',
    breaks: 'a sale of a lease that was sold out and ended waits for ever',
    test: 'test/simulation/sold-out.test.ts',
    replacements: [
      {
        file: 'regions/settlement/first-stable.ts',
        search: '    if (await progress.stable({ origin, sequence }, 0)) return place\n',
        replacement: '    if (await progress.stable({ origin, sequence: sequence + 1e9 }, 0)) return place\n',
      },
    ],
  },
  {
    id: 'S6k',
    breaks:
      'what was told of a lease before a region’s own opening, which the snapshot that tells it lacks, is not looked at',
    test: 'test/simulation/snapshots.test.ts',
    replacements: [
      {
        file: 'schema/documents/lease/obligations.ts',
        search: "fact.kind !== 'opened' ||",
        replacement: "id !== '' ||",
      },
    ],
  },
  {
    id: 'S6f',
    breaks: 'nobody is told of a sale that a device dates outside of its lease',
    test: 'schema/documents/lease/fork.test.ts',
    replacements: [
      {
        file: 'schema/documents/lease/carry.ts',
        search: 'return refuseLate(opened.publicKey, misdatedMessage(id, entry.number))\n',
        replacement: "return refuse('LEASE_EXPIRED', misdatedMessage(id, entry.number))\n",
      },
    ],
  },
  {
    id: 'S7c',
    breaks: 'a fence is decided while the word of one member is missing',
    test: 'schema/fence/fences.test.ts',
    replacements: [
      {
        file: 'schema/fence/fences.ts',
        search: 'missingOf(log, groups, decided, stayingAfter(groups, members)).length === 0',
        replacement: 'missingOf(log, groups, decided, stayingAfter(groups, members)).length <= 1',
      },
    ],
  },
  {
    id: 'S7d',
    breaks: 'a region applies more of what is to be fenced than it has said that it holds',
    test: 'schema/fence/fences.test.ts',
    replacements: [
      {
        file: 'schema/fence/fences.ts',
        search: '  return said === undefined ? null : sequenceOf(said.heights, origin)\n',
        replacement: '  return said === undefined ? null : sequenceOf(said.heights, origin) + 3\n',
      },
    ],
  },
  {
    id: 'S7e',
    breaks: 'what a fenced region had reserved is reserved by nobody once it is taken over',
    test: 'test/simulation/fences/fences.test.ts',
    replacements: [
      {
        file: 'schema/stock/reclaim.ts',
        search: '      stock.push({ sku, location: mainLocation, sold: reserved })\n',
        replacement: '      stock.push({ sku, location: mainLocation, sold: 0 })\n',
      },
    ],
  },
]
