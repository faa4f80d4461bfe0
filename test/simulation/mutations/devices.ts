// Breaks of the SDK: what a device stores, shows, sends and signs. Found by the seeds with devices.

import type { Mutation } from './mutation.ts'

const test = 'test/simulation/devices/devices.test.ts'

export const deviceMutations: readonly Mutation[] = [
  {
    id: 'R1',
    breaks: 'a device stores where it stands in the log without what came',
    test,
    replacements: [
      {
        file: 'client/replica/confirmed.ts',
        search: '  for (const [key, item] of items)\n    writes.push(item',
        replacement: '  for (const [key, item] of [...items].slice(1))\n    writes.push(item',
      },
    ],
  },
  {
    id: 'R8',
    breaks: 'a pending effect is dropped with its outcome, before the data has it',
    test,
    replacements: [
      {
        file: 'client/sync/coverage.ts',
        search: '    return position === null || covers(this.#options.place().at, position)',
        replacement: '    return position === null || covers(position, {})',
      },
    ],
  },
  {
    id: 'S6d',
    breaks: 'a sale is queued without the entry of the chain that says so',
    test: 'client/leases/no-room.test.ts',
    replacements: [
      {
        file: 'client/outbox/shelf.ts',
        search: 'await this.#storage.commit([...own, ...along])',
        replacement: 'await this.#storage.commit(own).then(() => void this.#storage.commit(along).catch(() => {}))',
      },
    ],
  },
]
