// Breaks of what the simulator's seeds do not run: regions that lie or are retired, reads that ask for more than a session's, and
// subscriptions that move. Each names the test that is to notice.

import type { Mutation } from './mutation.ts'

const byzantine = 'test/simulation/byzantine/byzantine.test.ts'
const inheritance = 'test/simulation/fences/inherit.test.ts'
const reads = 'test/consistency/reads.test.ts'

export const mutationsElsewhere: readonly Mutation[] = [
  {
    id: 'C6a',
    breaks: 'a commit is taken whatever its hashes and its signature are',
    test: byzantine,
    replacements: [
      {
        file: 'regions/replication/receiving/opener.ts',
        search: '    if (!verdict.ok) throw',
        replacement: "    if (!verdict.ok && peer === '') throw",
      },
    ],
  },
  {
    id: 'C6b',
    breaks: 'a signed commit is applied whatever rule it breaks',
    test: byzantine,
    replacements: [
      {
        file: 'regions/integrity/verdict.ts',
        search: '  return await bench.judge(one.commit, one.sealed)\n',
        replacement: '  return null\n',
      },
    ],
  },
  {
    id: 'C7',
    breaks: 'what is written by unknown rules is judged by the known ones',
    test: byzantine,
    replacements: [
      {
        file: 'regions/integrity/verdict.ts',
        search: '    if (rules > newestRules) {',
        replacement: '    if (rules > newestRules + 100) {',
      },
    ],
  },
  {
    id: 'C7b',
    breaks: 'a region goes on writing by a clock that is far ahead of all others',
    test: 'test/simulation/clock-ahead.test.ts',
    replacements: [
      {
        file: 'regions/freshness/clock-watch.ts',
        search: '        if (refusal === null) return nowMs\n',
        replacement: "        if (refusal !== '') return nowMs\n",
      },
    ],
  },
  {
    id: 'S7a',
    breaks: 'units that a retired region had lent to a device come back to nobody',
    test: inheritance,
    replacements: [
      {
        file: 'schema/documents/lease/settle.ts',
        search: '    const holders = [origin, ...fencing.estate]\n',
        replacement: '    const holders = fencing.estate.length < 0 ? fencing.estate : [origin]\n',
      },
    ],
  },
  {
    id: 'S7b',
    breaks: 'what a retired region owed for its keyed outcomes is owed by nobody',
    test: inheritance,
    replacements: [
      {
        file: 'regions/recovery/inheritance.ts',
        search: '    if (keys.length > 0) await setting.run(inheritKeys, { from, keys })\n',
        replacement: '    if (keys.length < 0) await setting.run(inheritKeys, { from, keys })\n',
      },
    ],
  },
  {
    id: 'S7o',
    breaks: 'a word about a fence counts however much it claims to hold',
    test: 'test/simulation/byzantine/fence-lie.test.ts',
    replacements: [
      {
        file: 'schema/validity/fence-rule.ts',
        search: 'sequence > sequenceOf(clock, of)))',
        replacement: 'sequence > sequenceOf(clock, of) + 1e15))',
      },
    ],
  },
  {
    id: 'S7p',
    breaks: 'a word about a fence counts whatever commit it says that the log ends at',
    test: 'test/simulation/byzantine/fence-lie.test.ts',
    replacements: [
      {
        file: 'regions/integrity/verdict.ts',
        search: "    return end && { kind: 'quarantine', ...end }\n",
        replacement: "    return end && end.rule === '' ? { kind: 'quarantine', ...end } : null\n",
      },
    ],
  },
  {
    id: 'G3b',
    breaks: 'a subscription takes for held what its token covers, though the region lacks it',
    test: 'regions/graphql/live/stock-stream.test.ts',
    replacements: [
      {
        file: 'regions/graphql/live/stream.ts',
        search: 'return covers(frontier, token) ? token : meetVectors(token, frontier)',
        replacement: 'return covers(frontier, token) ? token : token',
      },
    ],
  },
  {
    id: 'G3',
    breaks: 'a subscription that moves does not go on from its token',
    test: 'gateway/subscriptions/follow.test.ts',
    replacements: [
      {
        file: 'gateway/subscriptions/place.ts',
        search: '    return this.#stateMessagesLeft > 0 ? undefined : this.#token',
        replacement: '    return undefined',
      },
    ],
  },
  {
    id: 'Q1b',
    breaks: 'a token leaves out what was written since the node last looked, though the answer shows it',
    test: 'regions/graphql/context.test.ts',
    replacements: [
      {
        file: 'regions/graphql/context.ts',
        search: 'for (const read of await Promise.allSettled(this.state.moments))',
        replacement: 'for (const read of await Promise.allSettled(this.state.moments.slice(0, 0)))',
      },
    ],
  },
  {
    id: 'Q2',
    breaks: 'a bounded read is let through at a thousand times the age that it accepts',
    test: reads,
    replacements: [
      {
        file: 'regions/freshness/freshness.ts',
        search: '>= cameMs - maxStalenessMs\n',
        replacement: '>= cameMs - 1_000 * maxStalenessMs\n',
      },
    ],
  },
  {
    id: 'Q3',
    breaks: 'a strong read asks nobody',
    test: reads,
    replacements: [
      {
        file: 'regions/freshness/freshness.ts',
        search: 'this.#letThrough(this.#now(), waitUntil, () => false)',
        replacement: 'this.#letThrough(this.#now(), waitUntil, () => true)',
      },
    ],
  },
]
