// Breaks of what becomes of regions that are retired. Their seeds have a retire in each.

import type { Mutation } from './mutation.ts'

const run = { retired: true }

export const retiredMutations: readonly Mutation[] = [
  {
    id: 'S7f',
    breaks: 'what a fenced region sent before it was taken over is not asked for again',
    run,
    replacements: [{ file: 'regions/recovery/fencer.ts', search: '      resume()\n', replacement: '' }],
  },
  {
    id: 'S7g',
    breaks: 'what a fenced region wrote under an incarnation that nobody knew is dropped without a word',
    test: 'test/simulation/fences/fences.test.ts',
    replacements: [
      {
        file: 'schema/fence/fencing.ts',
        search: '  if (estate.length === 0 || estate.includes(origin)) return estate.length > 0\n',
        replacement: '  if (estate.length >= 0) return estate.includes(origin)\n',
      },
    ],
  },
  {
    id: 'S7h',
    breaks: 'a token past a fence is taken for one that is yet to be reached',
    run,
    replacements: [
      {
        file: 'schema/fence/fencing.ts',
        search: 'sequenceOf(vector, origin) > height) return',
        replacement: 'sequenceOf(vector, origin) > height + 1_000) return',
      },
    ],
  },
  {
    id: 'S7i',
    breaks:
      'a retired region that the log of the others no longer reaches takes a snapshot, and leaves behind what it brings back',
    test: 'test/simulation/fences/fences.test.ts',
    replacements: [
      {
        file: 'regions/recovery/membership.ts',
        search: "    if (this.end === 'retired') return []\n    return this.fencing.fences.members.filter(",
        replacement: '    return this.#setting.members.filter(',
      },
      {
        file: 'regions/replication/snapshot/install-snapshot.ts',
        search: "    if (endOf(fences, head.origin) === 'retired')",
        replacement: "    if (endOf(fences, head.origin) === 'retiring')",
      },
    ],
  },
]
