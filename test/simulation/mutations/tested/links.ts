// Breaks of links, history and what a node does on its own that one test sees at once: each names the test that is to notice.

import type { Mutation } from '../mutation.ts'

const links = 'test/simulation/replication.test.ts'
const receiver = 'regions/replication/snapshot/snapshot-receiver.ts'
const trust = 'test/simulation/byzantine/snapshot-lie.test.ts'

export const linkMutations: readonly Mutation[] = [
  {
    id: 'C4',
    breaks: 'a region sends on nothing that others have written, whoever else the peer hears',
    test: links,
    replacements: [
      {
        file: 'regions/replication/sending/peer-standing.ts',
        search: 'return region !== this.#options.self && this.#direct.has(region)',
        replacement: 'return region !== this.#options.self',
      },
      {
        file: 'regions/replication/sending/outbox.ts',
        search: 'if (stuck.size > 0) this.#sift(',
        replacement: 'if (stuck.size < 0) this.#sift(',
      },
    ],
  },
  {
    id: 'C2e',
    breaks: 'what a failed transaction has lost is asked for only once something else comes',
    test: 'regions/replication/ingest.test.ts',
    replacements: [
      {
        file: 'regions/replication/ingest.ts',
        search: 'this.#enter(settle(withdraw(this.#gate, this.#setting.frontier()), this.#now()))',
        replacement: 'this.#gate = withdraw(this.#gate, this.#setting.frontier())',
      },
    ],
  },
  {
    id: 'C5a',
    breaks: 'what a peer has not acknowledged has no bound',
    test: links,
    replacements: [
      {
        file: 'regions/replication/sending/outbox.ts',
        search: 'if (this.#windowBytes < windowBytes) {',
        replacement: 'if (this.#windowBytes < 1_000 * windowBytes) {',
      },
    ],
  },
  {
    id: 'C5b',
    breaks: 'each commit travels in a batch of its own',
    test: links,
    replacements: [
      {
        file: 'regions/replication/sending/outbox.ts',
        search: 'if (taken.length > 0 && (commit.bytes.length > room.bytes || events > room.events)) break',
        replacement: 'if (taken.length > 0) break',
      },
    ],
  },
  {
    id: 'C5c',
    breaks: 'what stands on commits of another node of the region is not put back from the second line',
    test: 'test/consistency/second-line.test.ts',
    replacements: [
      {
        file: 'regions/log/log-hub.ts',
        search: '          this.#onRead(entry.commit)\n',
        replacement: '',
      },
    ],
  },
  {
    id: 'C8',
    breaks: 'a link that is open lags by nothing, whatever is lacking',
    test: links,
    replacements: [
      {
        file: 'regions/replication/receiving/link-meter.ts',
        search: 'lagMs: connected ? behindMs :',
        replacement: 'lagMs: connected ? behindMs * 0 :',
      },
    ],
  },
  {
    id: 'C9',
    breaks: 'rows that peers or their own bytes contradict are left as they are',
    test: 'test/simulation/divergence.test.ts',
    replacements: [
      {
        file: 'regions/divergence/guard.ts',
        search: 'await this.#mendRows(suspects, pace)',
        replacement: 'await this.#mendRows(new Map(), pace)',
      },
    ],
  },
  {
    id: 'C9b',
    breaks: 'each round looks at what differs from the beginning: what lies behind much of it is never looked at',
    test: 'regions/divergence/laps.test.ts',
    replacements: [
      {
        file: 'regions/divergence/compare.ts',
        search: '    this.#after = key\n',
        replacement: "    if (key === '') this.#after = key\n",
      },
    ],
  },
  {
    id: 'C9c',
    breaks: 'what is open is closed by a round that has not looked at it',
    test: 'regions/divergence/laps.test.ts',
    replacements: [
      {
        file: 'regions/divergence/findings.ts',
        search: 'if (round < wholeSince(subject)) this.#open.delete',
        replacement: 'if (round < this.#round) this.#open.delete',
      },
    ],
  },
  {
    id: 'C10b',
    breaks: 'a peer that says it is far ahead is believed by a region that lacks nothing',
    test: trust,
    replacements: [
      { file: receiver, search: 'if (refusals.length < 2 &&', replacement: 'if (refusals.length < 1 &&' },
      {
        file: receiver,
        search: '  if (isDoubted) return giveUp',
        replacement: '  if (isDoubted && pages < 0) return giveUp',
      },
      {
        file: receiver,
        search: '  if (!isOfLittleWorth(state, circle, nowMs))',
        replacement: '  if (pages < 0 && !isOfLittleWorth(state, circle, nowMs))',
      },
    ],
  },
  {
    id: 'C11a',
    breaks: 'the log moves to the archive though a member may lack it',
    test: 'test/simulation/history.test.ts',
    replacements: [
      {
        file: 'regions/history/archivist.ts',
        search: 'const stable = stableVector(head(), members)',
        replacement: 'const stable = members.length > 0 ? head().frontier : stableVector(head(), members)',
      },
    ],
  },
  {
    id: 'C11b',
    breaks: 'an edit that was made beside a fold forgets what it took the place of',
    test: 'schema/documents/folding/folding.test.ts',
    replacements: [
      {
        file: 'schema/documents/folding/fold.ts',
        search: 'const pred = op.pred.flatMap((operation) => rename(operation) ?? []).sort(compareOperations)',
        replacement: 'const pred = op.pred.slice(0, 0)',
      },
    ],
  },
  {
    id: 'I5',
    breaks: 'a command is run anew however old its key is',
    test: 'test/simulation/history.test.ts',
    replacements: [
      {
        file: 'regions/committer/executor.ts',
        search: 'const isExpired = issued !== null &&',
        replacement: 'const isExpired = issued !== null && issued < 0 &&',
      },
    ],
  },
  {
    id: 'M1b',
    breaks: 'of concurrent values of a field the earliest stands',
    test: 'schema/documents/automerge.test.ts',
    replacements: [
      {
        file: 'schema/documents/register.ts',
        search: 'if (last === undefined || compareWritten(last, register) < 0) last = register',
        replacement: 'if (last === undefined || compareWritten(last, register) > 0) last = register',
      },
    ],
  },
  {
    id: 'M2',
    breaks: 'a time ahead of the region stands',
    test: 'schema/clock/device-time.test.ts',
    replacements: [
      {
        file: 'schema/clock/device-time.ts',
        search: 'return givenMs > regionMs ?',
        replacement: 'return givenMs > regionMs + Number.MAX_SAFE_INTEGER ?',
      },
    ],
  },
  {
    id: 'W4',
    breaks: 'a node goes on with what it remembers of rows that another node has put right',
    test: 'regions/committer/node-cache.test.ts',
    replacements: [
      {
        file: 'regions/committer/node-cache.ts',
        search: 'if (repairs !== this.#repairs) this.clear()',
        replacement: 'if (repairs < this.#repairs) this.clear()',
      },
    ],
  },
  {
    id: 'W5',
    breaks: 'each command is written by a flush of its own',
    test: 'regions/committer/group-commit.test.ts',
    replacements: [
      {
        file: 'regions/committer/group-commit.ts',
        search: 'if (count > 0 && weight + own > this.#options.maximumFlushWeight) break',
        replacement: 'if (count > 0) break',
      },
    ],
  },
  {
    id: 'W6',
    breaks: 'a link puts a commit back as if it followed the last one of its origin, whether it does or not',
    test: 'schema/commit/run/brief.test.ts',
    replacements: [
      {
        file: 'schema/commit/run/brief.ts',
        search: '      follows(envelope, last)\n',
        replacement: '      envelope.header.origin === last.origin\n',
      },
    ],
  },
]
