// Breaks of what becomes of origins that have signed two logs (decisions 0021 and 0053). Each names the test that is to notice.

import type { Mutation } from './mutation.ts'

const test = 'test/simulation/byzantine/fork-end.test.ts'

export const forkMutations: readonly Mutation[] = [
  {
    id: 'C6d',
    breaks: 'of a fork each region keeps the log that it has, whatever the fence says',
    test,
    replacements: [
      {
        file: 'regions/recovery/forks/forked-end.ts',
        search: '        !endsAt(fence, origin, frontier, chainHashes) &&\n',
        replacement: '        frontier === null &&\n',
      },
    ],
  },
  {
    id: 'C6e',
    breaks: 'what two logs of an origin did to one stock row is not added: what the second gave does not count',
    test,
    replacements: [
      {
        file: 'regions/recovery/forks/forked-rows.ts',
        search: '    given[holder] = (given[holder] ?? 0) + (to.given[holder] ?? 0) - (base.given[holder] ?? 0)\n',
        replacement:
          '    given[holder] = (given[holder] ?? 0) + (base.given[holder] ?? 0) - (base.given[holder] ?? 0)\n',
      },
    ],
  },
  {
    id: 'C6f',
    breaks: 'what a forked origin owes from both of its logs is told to nobody',
    test,
    replacements: [
      {
        file: 'regions/recovery/debts.ts',
        search: '  if (debts.length === 0) return\n',
        replacement: '  if (debts.length >= 0) return\n',
      },
    ],
  },
  {
    id: 'C6g',
    breaks: 'commits that are no longer kept are to be renamed all the same',
    test,
    replacements: [
      {
        file: 'regions/recovery/forks/forked-end.ts',
        search: 'Math.max(first.firstSequence, sequenceOf((await floor()).vector, origin) + 1)',
        replacement: 'Math.max(first.firstSequence, sequenceOf((await floor()).vector, origin) * 0)',
      },
    ],
  },
  {
    id: 'C6h',
    breaks: 'a node that leads again goes by what it remembers of logs from when it led before',
    test: 'test/simulation/byzantine/several-nodes.test.ts',
    replacements: [
      {
        file: 'regions/recovery/suspension-watch.ts',
        search: '    this.#setting.chain.clear()\n',
        replacement: '',
      },
    ],
  },
  {
    id: 'C6i',
    breaks: 'a fork is no news where the incident of an earlier one is resolved',
    test: 'test/simulation/byzantine/fork.test.ts',
    replacements: [
      {
        file: 'regions/integrity/custody.ts',
        search: '      subject: isOpen ? subject : next,\n',
        replacement: '      subject,\n',
      },
    ],
  },
  {
    id: 'C6j',
    breaks:
      'while the other log of an origin is still sent, nothing of the one that stands here comes in, whatever operators say',
    test: 'test/simulation/byzantine/fork.test.ts',
    replacements: [
      {
        file: 'regions/integrity/branches.ts',
        search: '      if (hashes.has(toHex(commit.hash))) return false\n',
        replacement: "      if (commit.origin === '') return false\n",
      },
    ],
  },
  {
    id: 'C6k',
    breaks: 'nobody is told that the other log of an origin is gone on with after operators have resolved that',
    test: 'test/simulation/byzantine/fork.test.ts',
    replacements: [
      {
        file: 'regions/integrity/branches.ts',
        search: '      if (commit.time.wallMs > resolvedMs) news.push(commit)\n',
        replacement: '      if (commit.time.wallMs < 0) news.push(commit)\n',
      },
    ],
  },
]
