// Breaks of what callers are told, how often something is done, and how it is made durable.

import type { Mutation } from './mutation.ts'

const workspace = 'regions/committer/workspace.ts'
const flush = 'regions/committer/flush.ts'
const incarnation = 'regions/incarnation.ts'

const trustsDatabase = {
  file: incarnation,
  search: 'const reason = (await reasonOfDatabase(store)) ?? (await reasonOfPeers(store, said))',
  replacement:
    'const reason = (await store.identity()).known === null ? await reasonOfDatabase(store) : await reasonOfPeers(store, said)',
}
const trustsPeers = {
  file: incarnation,
  search: '  for (const { region, holdsOfYou, frontier } of said) {\n',
  replacement: '  for (const { region, holdsOfYou, frontier } of said.slice(0, 0)) {\n',
}

export const answerMutations: readonly Mutation[] = [
  {
    id: 'I1',
    breaks: 'a key that is known is run again',
    replacements: [
      {
        file: workspace,
        search: '    const first = known && winningOutcome(known)\n',
        replacement: '    const first = known && winningOutcome(known.slice(0, 0))\n',
      },
    ],
  },
  {
    id: 'I2',
    breaks: 'an outcome that lost is not taken back',
    replacements: [
      {
        file: 'regions/settlement/lost-outcomes.ts',
        search: '      if (origin === standing.origin || !hasToBeTakenBack(lost, standing)) return []\n',
        replacement: '      if (origin !== standing.origin || !hasToBeTakenBack(lost, standing)) return []\n',
      },
    ],
  },
  {
    id: 'I2b',
    breaks: 'of two answers to one return the earlier is taken, though it does not stand',
    replacements: [
      {
        file: 'schema/documents/order/fold.ts',
        search: "  if (isOf(record, 'returned')) return false\n",
        replacement: '',
      },
    ],
  },
  {
    id: 'I2c',
    breaks: 'of two answers to one list the earlier stands, whatever it left out',
    test: 'test/simulation/listed-twice.test.ts',
    replacements: [
      {
        file: 'schema/stock/outcomes.ts',
        search: 'takenOf(right.result) - takenOf(left.result) ||',
        replacement: '',
      },
    ],
  },
  {
    id: 'I2d',
    breaks: 'an order under a key that stands for another command stays placed',
    test: 'test/simulation/key-used-twice.test.ts',
    replacements: [
      {
        file: 'regions/settlement/lost-outcomes.ts',
        search: '  return lost.command === placeOrder.name && !isSameCommand(lost, standing)\n',
        replacement: '  return lost.command === placeOrder.name && standing !== lost && !isSameCommand(lost, lost)\n',
      },
    ],
  },
  {
    id: 'I3',
    breaks: 'the refusal of a command that was sent again is final at once',
    replacements: [
      {
        file: 'regions/committer/executor.ts',
        search: 'if (!pending.resent || !leavesOpen(ruled) ||',
        replacement: 'if (pending.resent || !leavesOpen(ruled) ||',
      },
    ],
  },
  {
    id: 'I3b',
    breaks: 'what a list that was sent again leaves out is final at once',
    test: 'test/simulation/listed-twice.test.ts',
    replacements: [
      {
        file: 'regions/committer/executor.ts',
        search: " || (ruled.status === 'accepted' && leavesOut(ruled.result))",
        replacement: '',
      },
    ],
  },
  {
    id: 'I4',
    breaks: 'units of a receipt that was sent again count at once',
    replacements: [
      {
        file: 'schema/stock/ledger.ts',
        search: 'this.waits = context.resent && context.key !== null',
        replacement: 'this.waits = false',
      },
    ],
  },
  {
    id: 'W1',
    breaks: 'a commit leaves out a sequence now and then',
    replacements: [
      {
        file: flush,
        search: '    firstSequence: head.sequence + 1,\n',
        replacement: '    firstSequence: head.sequence + (head.position % 20 === 19 ? 2 : 1),\n',
      },
    ],
  },
  {
    id: 'W2',
    breaks: 'one write in forty is answered and not made durable',
    replacements: [
      {
        file: flush,
        search: '  await transaction.write(set)\n  const changed',
        replacement: '  if (position % 40 !== 39) await transaction.write(set)\n  const changed',
      },
    ],
  },
  {
    id: 'W3',
    breaks: "a commit's outcomes are not written with it",
    replacements: [
      {
        file: flush,
        search: '    outcomes: drafts.outcomes.map((outcome) =>',
        replacement: '    outcomes: drafts.outcomes.slice(0, 0).map((outcome) =>',
      },
    ],
  },
  {
    id: 'W7',
    breaks: "a commit's clock leaves out what its origin has applied of others",
    replacements: [
      {
        file: flush,
        search: '    clock: head.frontier,\n',
        replacement: '    clock: { [head.origin]: head.sequence },\n',
      },
    ],
  },
  {
    id: 'W8a',
    breaks: 'a restored database goes on under its old origin, as far as its own marks tell',
    replacements: [trustsDatabase],
    guard: { by: 'what peers hold of this origin', together: 'W8c' },
  },
  {
    id: 'W8b',
    breaks: 'what peers hold of this origin is not asked',
    replacements: [trustsPeers],
    guard: { by: "the database's own timeline (reasonOfDatabase)", together: 'W8c' },
  },
  {
    id: 'W8c',
    breaks: 'neither is looked at',
    replacements: [trustsDatabase, trustsPeers],
  },
  {
    id: 'W8d',
    breaks: 'a copy that is recovered a second time begins the incarnation that the first recovery began',
    test: 'test/simulation/fences/old-copy.test.ts',
    replacements: [
      {
        file: incarnation,
        search: '? timeline - known.timeline : 0\n',
        replacement: '? timeline - timeline : 0\n',
      },
    ],
  },
  {
    id: 'W8e',
    breaks: 'a region takes over what it had before while an earlier incarnation of it is not fenced',
    test: 'schema/fence/fencing.test.ts',
    replacements: [
      {
        file: 'schema/fence/fencing.ts',
        search: '  if (incarnationOf(own) > 1 && !decided.some(isSuccessor)) return noOrigins\n',
        replacement: '  if (incarnationOf(own) < 1 && !decided.some(isSuccessor)) return noOrigins\n',
      },
    ],
  },
  {
    id: 'W8f',
    breaks: 'the word of a later life moves the end of an earlier one, so that it does not see that it holds more',
    test: 'test/simulation/fences/old-copy.test.ts',
    replacements: [
      {
        file: 'schema/fence/fences.ts',
        search: 'log.votes.filter(({ by }) => !isUnheard(target, by))',
        replacement: "log.votes.filter(({ by }) => by !== '' || !isUnheard(target, by))",
      },
    ],
  },
  {
    id: 'W8g',
    breaks: 'a region that begins anew keeps the outcomes of what it leaves behind',
    test: 'test/simulation/fences/old-copy.test.ts',
    replacements: [
      {
        file: 'regions/replication/snapshot/install-snapshot.ts',
        search: '    if (lost.length > 0) await installation.forget(frontier)\n',
        replacement: '    if (lost.length < 0) await installation.forget(frontier)\n',
      },
    ],
  },
  {
    id: 'W8i',
    breaks:
      'a restored region goes on with what the snapshot shows to lie beyond the end of its log, where no log tells so',
    test: 'test/simulation/fences/old-copy.test.ts',
    replacements: [
      {
        file: 'regions/replication/snapshot/install-snapshot.ts',
        search: 'decided: [...fences.decided, ...decided]',
        replacement: 'decided: [...fences.decided, ...decided.slice(decided.length)]',
      },
    ],
  },
  {
    id: 'C12b',
    breaks: 'a region that begins anew keeps contacts of the customers that it leaves behind',
    test: 'test/simulation/fences/old-copy.test.ts',
    replacements: [
      {
        file: 'regions/replication/snapshot/install-snapshot.ts',
        search: '    if (lost.length > 0) await leaveHome(installation, head.region)\n',
        replacement: '    if (lost.length < 0) await leaveHome(installation, head.region)\n',
      },
    ],
  },
  {
    id: 'W8h',
    breaks: 'a restored region ships, and takes sales of devices, before it knows again what it had shown to know',
    test: 'test/simulation/fences/restored.test.ts',
    replacements: [
      {
        file: 'regions/committer/workspace.ts',
        search: '    if (!this.#isWhole && this.#hangsOnWhatWasLost(',
        replacement: '    if (this.#isWhole && !this.#isWhole && this.#hangsOnWhatWasLost(',
      },
    ],
  },
  {
    id: 'G2',
    breaks: 'a gateway does not mark what it sends to another region again',
    replacements: [
      {
        file: 'gateway/routing/forward.ts',
        search: 'await this.#try(request, region, last, mayHaveReached)',
        replacement: 'await this.#try(request, region, last, false)',
      },
    ],
  },
  {
    id: 'G4',
    breaks: 'a gateway takes for new what a caller had sent through another one, for it does not remember it',
    test: 'gateway/several-gateways.test.ts',
    replacements: [
      {
        file: 'gateway/routing/forward.ts',
        search: '          ...request.headers,\n',
        replacement:
          "          ...Object.fromEntries(Object.entries(request.headers).filter(([name]) => name !== 'causeway-resent')),\n",
      },
    ],
  },
  {
    id: 'Q1',
    breaks: 'a session is answered at once, at whatever the region holds',
    replacements: [
      {
        file: 'regions/graphql/consistency.ts',
        search: 'const isReached = token === null || (await region.reach(token, waitUntil))',
        replacement: 'const isReached = token === null || waitUntil > 0',
      },
    ],
  },
]
