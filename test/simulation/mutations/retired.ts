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
  {
    id: 'S7j',
    breaks: 'a restored region applies what lies beyond its own forgotten word, whatever the others tell it of that',
    test: 'regions/recovery/fence-limits.test.ts',
    replacements: [
      {
        file: 'regions/recovery/fence-limits.ts',
        search: '      this.#limitBy(this.#told, origin, named),\n',
        replacement: '',
      },
    ],
  },
  {
    id: 'S7k',
    breaks: 'a restored region goes by those who are in reach, and waits for no other that may know its word',
    test: 'test/simulation/fences/forgotten.test.ts',
    replacements: [
      {
        file: 'regions/recovery/fence-limits.ts',
        search:
          '      this.unheard.length === 0 || regionOf(origin) === this.#region ? null : this.#formerlyHeld(origin, named),\n',
        replacement: '',
      },
    ],
  },
  {
    id: 'S7af',
    breaks: 'a restored region waits for nobody who is being retired, though that was said before it forgot its word',
    test: 'regions/recovery/fence-limits.test.ts',
    replacements: [
      {
        file: 'regions/recovery/fence-limits.ts',
        search: '    return overrides || regionOf(by) === region || Object.keys(word?.held ?? {}).some(isFormer)\n',
        replacement: '    return word !== undefined || overrides || regionOf(by) === region || isFormer(by)\n',
      },
    ],
  },
  {
    id: 'S7ag',
    breaks:
      'a region says its last word before it has heard one that only those can bring it that are to leave by this',
    test: 'schema/fence/put-off.test.ts',
    replacements: [
      {
        file: 'schema/fence/put-off.ts',
        search: '  return waitsFor.length > 0 && through',
        replacement: '  return waitsFor.length > 9 && through',
      },
    ],
  },
  {
    id: 'S7ah',
    breaks:
      'a region counts on another one that stays to bring it what it waits for, though that hears no more of it either',
    test: 'schema/fence/put-off.test.ts',
    replacements: [
      {
        file: 'schema/fence/put-off.ts',
        search: 'if (!leaves(member) && hears(',
        replacement: 'if (!leaves(member) && (one !== region || hears(',
      },
      {
        file: 'schema/fence/put-off.ts',
        search: 'hearing, one, member)) heard.add(member)',
        replacement: 'hearing, one, member))) heard.add(member)',
      },
    ],
  },
  {
    id: 'S7ai',
    breaks: 'a restored region says its last word though others tell it of one that it has forgotten',
    test: 'regions/recovery/fence-limits.test.ts',
    replacements: [
      { file: 'regions/recovery/fence-limits.ts', search: ' ?? this.#putOffBy(this.#told)', replacement: '' },
    ],
  },
  {
    id: 'S7l',
    breaks: 'a retired region that learns so with a snapshot puts that in the place of what it brings back',
    test: 'test/simulation/fences/fences.test.ts',
    replacements: [
      {
        file: 'regions/replication/snapshot/install-snapshot.ts',
        search: '    if (fences === null) return false\n',
        replacement: '    if (fences !== undefined) return false\n',
      },
    ],
  },
  {
    id: 'S7m',
    breaks:
      'a region that was restored and one that is lost for good wait for each other, though an operator has retired that',
    test: 'schema/fence/fences.test.ts',
    replacements: [
      {
        file: 'schema/fence/fences.ts',
        search: '    const isFirst = chosen.every(({ target }) => target.before !== null)\n',
        replacement: '    const isFirst = chosen.length === 0\n',
      },
    ],
  },
  {
    id: 'S7n',
    breaks: 'a restored region gives rights to whom it takes for members, though they were retired meanwhile',
    test: 'test/simulation/fences/forgotten.test.ts',
    replacements: [
      {
        file: 'regions/recovery/standing.ts',
        search: '  const given = isWhole(fencing, head.origin) ? standing : [head.region]\n',
        replacement: '  const given = isWhole(fencing, head.origin) ? standing : standing\n',
      },
    ],
  },
  {
    id: 'S7r',
    breaks: 'a member retires others on its own word though operators have keys',
    test: 'test/simulation/byzantine/retire-lie.test.ts',
    replacements: [
      {
        file: 'schema/fence/order.ts',
        search: '  if (order === undefined) return ',
        replacement: '  if (order === undefined) return null\n  if (order === undefined) return ',
      },
    ],
  },
  {
    id: 'S7s',
    breaks: 'who has seen an order widens it: to other regions, other members or another one that takes it up',
    test: 'test/simulation/byzantine/retire-lie.test.ts',
    replacements: [
      {
        file: 'schema/fence/order.ts',
        search: '  return findMismatch(order, retire) ?? findLateness(order, retire)\n',
        replacement: '  return findLateness(order, retire)\n',
      },
    ],
  },
  {
    id: 'S7t',
    breaks:
      'a member ends what it wrote itself by its own word alone, though operators have keys: others hold more of it and stand apart',
    test: 'test/simulation/byzantine/retire-lie.test.ts',
    replacements: [
      {
        file: 'schema/validity/fence-rule.ts',
        search: "  return unasked && { kind: 'later', ...unasked }\n",
        replacement: "  return unasked && operators === null ? { kind: 'later', ...unasked } : null\n",
      },
    ],
  },
  {
    id: 'S7u',
    breaks: 'a restored region believes whoever tells it of a retire that no operator has ordered',
    test: 'test/simulation/byzantine/told-retire.test.ts',
    replacements: [
      {
        file: 'schema/fence/order.ts',
        search: '  if (operators === null) return null\n  for (const retire of told) {\n',
        replacement: '  if (operators !== undefined) return null\n  for (const retire of told) {\n',
      },
    ],
  },
  {
    id: 'S7q',
    breaks:
      'a restored region goes by what a peer told of fences, though that has lost it since and nobody knows of it',
    test: 'regions/recovery/recollection.test.ts',
    replacements: [
      {
        file: 'regions/recovery/recollection.ts',
        search: '    const merged = isLess ? told : mergeFences(log, told)\n',
        replacement: '    const merged = mergeFences(log, told)\n',
      },
    ],
  },
  {
    id: 'S7v',
    breaks: 'what a restored region says of a fence counts before all have told how far they hold what it had written',
    test: 'schema/fence/fences.test.ts',
    replacements: [
      {
        file: 'schema/fence/fences.ts',
        search: 'incarnationOf(by) === 1 || ended.some',
        replacement: 'ended.length > 0 || ended.some',
      },
    ],
  },
  {
    id: 'S7w',
    breaks: 'nobody is told that all that was said of a retired region has gone with disks',
    test: 'test/simulation/fences/both-disks.test.ts',
    replacements: [
      {
        file: 'regions/recovery/lost-words.ts',
        search: '    const lost = missed.filter(isLost)\n',
        replacement: '    const lost = missed.filter(isLost).slice(missed.length)\n',
      },
    ],
  },
  {
    id: 'S7x',
    breaks: 'what a retired region says of its own log moves the end of it, where others hear that of it',
    test: 'regions/recovery/fence-limits.test.ts',
    replacements: [
      {
        file: 'schema/fence/fences.ts',
        search: '  if (isTarget(target, by)) return true\n',
        replacement: '',
      },
    ],
  },
  {
    id: 'S7y',
    breaks: 'what a retired region has said itself beyond its end counts where it looks for that end',
    test: 'test/simulation/fences/both-retire.test.ts',
    replacements: [
      {
        file: 'regions/recovery/own-end.ts',
        search: '  if (heard !== null && isRetired(heard)) return heard\n',
        replacement: '',
      },
    ],
  },
  {
    id: 'S7z',
    breaks: 'a retired region that no longer keeps all that lies beyond its end brings nothing of it back',
    test: 'test/simulation/fences/both-retire.test.ts',
    replacements: [
      {
        file: 'regions/recovery/own-end.ts',
        search: '=> heightOf(fences, origin) !== null)\n',
        replacement: '=> heightOf(fences, origin) === null)\n',
      },
    ],
  },
]
