// Breaks of whose state a region takes where others are being retired or have left. Each names the test that is to notice.

import type { Mutation } from '../mutation.ts'

export const snapshotMutations: readonly Mutation[] = [
  {
    id: 'C10c',
    breaks: 'a region waits for the snapshot of one that is away, though that was retired meanwhile',
    test: 'regions/replication/snapshot/snapshot-receiver.test.ts',
    replacements: [
      {
        file: 'regions/replication/snapshot/snapshot-receiver.ts',
        search: '  if (!circle.peers.includes(state.peer)) return giveUp(state, ',
        replacement: '  if (nowMs < 0) return giveUp(state, ',
      },
    ],
  },
  {
    id: 'C10d',
    breaks: 'a region that has left offers its state to one that does not know so',
    test: 'regions/replication/snapshot/snapshot-keeper.test.ts',
    replacements: [
      {
        file: 'regions/replication/snapshot/snapshot-keeper.ts',
        search: "    if (membership.end === 'retired') return { status: 'gone' }\n",
        replacement: '',
      },
    ],
  },
  {
    id: 'C10e',
    breaks: 'a restored region takes the state of neither of two that retire each other, and both wait for its word',
    test: 'test/simulation/fences/forgotten.test.ts',
    replacements: [
      {
        file: 'regions/recovery/fence-limits.ts',
        search: '    if (standing.some((member) => member !== this.#region)) return standing.includes(region)\n',
        replacement: '    if (standing.length > 0) return standing.includes(region)\n',
      },
    ],
  },
  {
    id: 'C10f',
    breaks:
      'a restored region takes the state of one that is being retired before all have told what was agreed with it',
    test: 'regions/recovery/fence-limits.test.ts',
    replacements: [
      {
        file: 'regions/recovery/fence-limits.ts',
        search: '    return this.#heard.has(member) || retires.some(isGivenUp)\n',
        replacement: '    return this.#heard.size > 0 || retires.some(isGivenUp)\n',
      },
    ],
  },
  {
    id: 'C10g',
    breaks:
      'a restored region that has said a word about the one of two that will stay takes the state of neither, and both wait for its word',
    test: 'test/simulation/fences/forgotten.test.ts',
    replacements: [
      {
        file: 'regions/recovery/fence-limits.ts',
        search: '    return (staying.length > 0 ? staying : heeded).includes(region)\n',
        replacement: '    return staying.includes(region)\n',
      },
    ],
  },
  {
    id: 'C10h',
    breaks:
      'a restored region takes the state of one about which it has said a word, where all others are being retired',
    test: 'regions/recovery/fence-limits.test.ts',
    replacements: [
      {
        file: 'regions/recovery/fence-limits.ts',
        search: '    return (staying.length > 0 ? staying : heeded).includes(region)\n',
        replacement: '    return (staying.length > 0 ? staying : others).includes(region)\n',
      },
    ],
  },
  {
    id: 'C10i',
    breaks:
      'a restored region waits for what one of two that retire each other may know, though an operator has given that one up',
    test: 'regions/recovery/fence-limits.test.ts',
    replacements: [
      {
        file: 'regions/recovery/fence-limits.ts',
        search: ' || retires.some(isGivenUp)\n',
        replacement: ' && !retires.some(isGivenUp)\n',
      },
    ],
  },
]
