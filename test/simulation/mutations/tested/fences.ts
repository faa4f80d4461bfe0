// Breaks of what a retired region does that alone knows its end (S7), each found by the test that is named.

import type { Mutation } from '../mutation.ts'

const lastWitness = 'regions/recovery/last-witness.ts'
const scenarios = 'test/simulation/fences/last-witness.test.ts'
const decisions = 'regions/recovery/last-witness.test.ts'

export const fenceMutations: readonly Mutation[] = [
  {
    id: 'S7aa',
    breaks: 'a retired region stays so though nobody else can know of it any more, and the others wait for it for ever',
    test: scenarios,
    replacements: [
      {
        file: lastWitness,
        search: '    if (log !== null && wasSeen) await this.#forget(known, log)\n',
        replacement: '',
      },
    ],
  },
  {
    id: 'S7ab',
    breaks: 'a retired region forgets that it was, though somebody else knows of it',
    test: decisions,
    replacements: [
      {
        file: lastWitness,
        search: '  if (others.some((other) => wordsAbout(other.fences, region).length > 0)) return null\n',
        replacement: '',
      },
    ],
  },
  {
    id: 'S7ac',
    breaks: 'a retired region forgets that it was, though its log can still tell it to one of the others',
    test: decisions,
    replacements: [
      {
        file: lastWitness,
        search: 'held < sequence && held < sequenceOf(floor, by)\n',
        replacement: 'held < sequence\n',
      },
    ],
  },
  {
    id: 'S7ad',
    breaks: 'a word that others said about a forgotten retire counts for the next one of the same region',
    test: decisions,
    replacements: [
      {
        file: 'schema/fence/fence-log.ts',
        search: '    const targets = vote.targets.filter((target) => !isAbout(target, region))\n',
        replacement: '    const targets = vote.targets.filter(() => true)\n',
      },
    ],
  },
  {
    id: 'S7ae',
    breaks:
      'a region that has forgotten that it was retired keeps the log that tells it, and one that is restored once more hears of it',
    test: scenarios,
    replacements: [
      {
        file: lastWitness,
        search: '    const { position } = await this.#dropLog(known)\n',
        replacement: '    const { position } = known\n',
      },
    ],
  },
]
