// Breaks of the SDK and of routing that one test sees at once: each names the test that is to notice.

import type { Mutation } from '../mutation.ts'

export const appMutations: readonly Mutation[] = [
  {
    id: 'R2',
    breaks: 'what a page was sending when it went is sent by the next one as if for the first time',
    test: 'client/outbox/tabs.test.ts',
    replacements: [
      {
        file: 'client/outbox/outbox.ts',
        search: "unanswered: entry.unanswered || entry.state === 'sending',",
        replacement: 'unanswered: entry.unanswered,',
      },
    ],
  },
  {
    id: 'R2b',
    breaks: 'work that was not answered waits by the clock that people set',
    test: 'client/outbox/retries.test.ts',
    replacements: [
      {
        file: 'client/outbox/driver.ts',
        search: '    const next = step(this.#state, input, this.#options.ports.uptime())',
        replacement: '    const next = step(this.#state, input, this.#options.ports.now())',
      },
      {
        file: 'client/outbox/driver.ts',
        search: 'Math.max(0, at - ports.uptime())',
        replacement: 'Math.max(0, at - ports.now())',
      },
    ],
  },
  {
    id: 'S6g',
    breaks: 'a lease never hears of an outcome that found no room',
    test: 'client/leases/no-room.test.ts',
    replacements: [
      {
        file: 'client/outbox/keeper.ts',
        search: "if (work.entry.state === 'settled') this.#owed.set",
        replacement: "if (work.entry.state === 'sending') this.#owed.set",
      },
    ],
  },
  {
    id: 'S6h',
    breaks: 'a refusal that found no room is forgotten once the app has acknowledged it, and its lease waits for ever',
    test: 'client/leases/no-room.test.ts',
    replacements: [
      {
        file: 'client/outbox/keeper.ts',
        search: 'remove(ids.filter((id) => !this.#owed.has(id)))',
        replacement: 'remove(ids)',
      },
    ],
  },
  {
    id: 'R3',
    breaks: 'what a refused command did goes on being shown',
    test: 'test/simulation/devices/devices.test.ts',
    replacements: [
      {
        file: 'client/engine.ts',
        search: "entry.outcome.status === 'refused' ? 'whole' : ",
        replacement: "entry.outcome.status === 'refused' ? 'behind' : ",
      },
    ],
  },
  {
    id: 'R4',
    breaks: 'what cannot be gone on with is not asked for anew',
    test: 'client/sync/following.test.ts',
    replacements: [
      {
        file: 'client/sync/following.ts',
        search: '      if (!isWhole) restart()\n',
        replacement: '      if (!isWhole && isWhole) restart()\n',
      },
    ],
  },
  {
    id: 'R5',
    breaks: 'a page that takes over goes on from what it happens to know',
    test: 'client/sync/following.test.ts',
    replacements: [
      {
        file: 'client/sync/following.ts',
        search: '      void this.#reload().then(() => {\n        this.#mayLead = true',
        replacement: '      void Promise.resolve().then(() => {\n        this.#mayLead = true',
      },
    ],
  },
  {
    id: 'R6',
    breaks: 'a change after one that was brought over stands on what is no more',
    test: 'client/migration.test.ts',
    replacements: [
      {
        file: 'client/migration.ts',
        search: '    if (!isOther && !line.isOther) return old\n',
        replacement: '    if (!isOther) return old\n',
      },
    ],
  },
  {
    id: 'R7',
    breaks: 'all units of a device are encoded by one author',
    test: 'schema/documents/units/units.test.ts',
    replacements: [
      {
        file: 'schema/documents/units/unit.ts',
        search: '  const known = actors.get(id)\n',
        replacement: '  const known = [...actors.values()][0]\n',
      },
    ],
  },
  {
    id: 'R8a',
    breaks: 'a pending effect is dropped though the scope that is to bring what it did is still loading',
    test: 'client/sync/coverage.test.ts',
    replacements: [
      {
        file: 'client/sync/coverage.ts',
        search: '        loading.some((scope) => mayName',
        replacement: '        loading.length < 0 && loading.some((scope) => mayName',
      },
    ],
  },
  {
    id: 'R8b',
    breaks: 'the sale of an order that is still to come counts twice',
    test: 'client/sync/coverage.test.ts',
    replacements: [
      {
        file: 'client/replica/effects.ts',
        search: 'of isCounted ? [] : decision.stock)',
        replacement: 'of decision.stock)',
      },
    ],
  },
  {
    id: 'R9',
    breaks: 'all users of a device have one storage',
    test: 'client/storage/memory.test.ts',
    replacements: [
      {
        file: 'client/storage/memory.ts',
        search: '      const entries = users.get(user) ??',
        replacement: '      const entries = [...users.values()][0] ??',
      },
    ],
  },
  {
    id: 'G1',
    breaks: 'a region about the limit of what is healthy changes its state with every call',
    test: 'gateway/routing/health.test.ts',
    replacements: [
      {
        file: 'gateway/routing/health.ts',
        search: 'const errorLimit = wasHealthy ? degradedErrorRate : healthyErrorRate',
        replacement: 'const errorLimit = wasHealthy ? degradedErrorRate : degradedErrorRate * healthyErrorRate ** 0',
      },
    ],
  },
]
