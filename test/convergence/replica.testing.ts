// For tests: one node of a region on a memory store of its own, and all that must be the same wherever its frontier is.

import { hash } from 'node:crypto'
import { createMemoryDatabase, type MemoryDatabase } from '@causeway/db/memory/database'
import { createMemoryStore } from '@causeway/db/memory/store'
import type { Store } from '@causeway/db/store'
import { Writer } from '@causeway/regions/committer/writer'
import { Digester } from '@causeway/regions/divergence/digester'
import type { Ports } from '@causeway/regions/ports'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import type { CommandDefinition } from '@causeway/schema/documents/command'
import { expect } from 'vitest'
import { SeededRandom } from '../simulation/random.ts'
import { createVirtualCrypto } from '../simulation/virtual-crypto.ts'

export const members = ['ap', 'eu', 'us'] as const
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')

/** One node of a region on a store of its own. */
export class Replica {
  readonly database: MemoryDatabase
  readonly store: Store
  readonly #writer: Writer
  #commands = 0

  constructor(region: string, now: () => number) {
    const random = new SeededRandom(Number.parseInt(Buffer.from(region).toString('hex'), 16))
    const ports: Ports = { clock: { now }, timers: { after: () => () => {} }, random, logger: silent }
    this.database = createMemoryDatabase(region)
    this.store = createMemoryStore({ region, database: this.database })
    const crypto = createVirtualCrypto(region, random)
    this.#writer = new Writer({ store: this.store, ports, crypto, members, durable: () => {} })
  }

  async run<Input>(command: CommandDefinition<Input>, raw: unknown, key: string | null): Promise<void> {
    const definition = command as CommandDefinition<unknown>
    const parsed = definition.parse(raw)
    if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
    const commandId = key ?? `${this.database.head.region}-${++this.#commands}`.padEnd(26, '-')
    const principal = { subject: 'staff', roles: ['staff' as const], region: null }
    const naming = { key, naturalKey: null, inputDigest: '0'.repeat(64), commandId }
    const how = { resent: false, final: true, unreachable: new Set<string>(), settles: null }
    await this.#writer.submit({ definition, input: parsed.input, principal, ...naming, ...how })
  }

  /** Whatever other regions do: who folds a document follows from members, and those may differ for a while. */
  async fold(kind: string, id: string): Promise<void> {
    const heads = this.database.documents.get(`${kind}/${id}`)?.document.heads ?? []
    expect(await this.#writer.fold([{ kind, id, heads }])).toBe(1)
  }

  async apply(commits: readonly SealedCommit[]): Promise<void> {
    expect(await this.offer(commits)).toEqual([])
  }

  /** Why what was not applied was not. */
  async offer(commits: readonly SealedCommit[]): Promise<readonly string[]> {
    const { refused, stripped } = await this.#writer.apply(commits)
    return [...refused, ...stripped].map(({ reason }) => reason)
  }

  isReady(commit: SealedCommit): boolean {
    const { frontier } = this.database.head
    if (commit.firstSequence !== sequenceOf(frontier, commit.origin) + 1) return false
    return Object.entries(commit.clock).every(([origin, sequence]) => sequenceOf(frontier, origin) >= sequence)
  }

  /** All that must be the same in every region at one frontier. */
  async holds() {
    const { documents, stock, outcomes, conflicts, aliases, head } = this.database
    const plain = <Value>(map: ReadonlyMap<string, Value>) => new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
    return {
      frontier: head.frontier,
      documents: new Map([...plain(documents)].map(([key, { document }]) => [key, document])),
      aliases: plain(aliases),
      stock: plain(stock),
      outcomes: plain(outcomes),
      conflicts: plain(conflicts),
      digest: await new Digester(this.store, sha256).digest(head.frontier),
    }
  }
}
