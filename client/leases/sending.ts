// How an order that was sold from leases, or the close of one, reaches a region: with the part of each chain that no region is
// known to have, and with more of it where the region says that it needs more. Knows no queue and no storage.

import type { SignedLeaseEntry } from '@causeway/schema/stock/lease/entry'
import { answerOf, asRecord, type Reply, recordAt } from '../answer.ts'
import type { Connection } from '../connection.ts'
import { type LeaseWork, mutationOf } from '../operations.ts'
import type { Answer, QueuedCommand } from '../outbox/outbox.ts'
import { drawsOf } from './draw.ts'
import { orderIdOf } from './fates.ts'

export interface Chains {
  entriesOf(id: string, upTo: number, from: number | null): Promise<readonly SignedLeaseEntry[] | undefined>
}

/** Rounds of one attempt: what a region lacks it names once, of each lease. */
const maximumRounds = 4
/** Answers that a lease is not known; a lease that went with the disk of a region is known nowhere, and something waits behind. */
export const maximumUnknown = 40
const wholeChain = Number.MAX_SAFE_INTEGER

export function isLeased(
  command: QueuedCommand,
): command is QueuedCommand & { readonly name: 'placeOrder' | 'closeLease' } {
  return command.name === 'closeLease' || (command.name === 'placeOrder' && drawsOf(command).length > 0)
}

export class LeaseSender {
  readonly #connection: Connection
  readonly #chains: Chains
  /** By command, how often a region did not know its lease. */
  readonly #unknown = new Map<string, number>()

  constructor(connection: Connection, chains: Chains) {
    this.#connection = connection
    this.#chains = chains
  }

  async send(
    command: QueuedCommand & { readonly name: 'placeOrder' | 'closeLease' },
    resent: boolean,
  ): Promise<Answer> {
    const { name, id } = command
    const from = new Map<string, number>()
    for (let round = 0; round < maximumRounds; round++) {
      const input = await this.#inputOf(command, from)
      if (input === null) return unknownLease(command)
      const reply = await this.#connection.request(
        mutationOf(name),
        { input: { ...input, idempotencyKey: id } },
        resent,
      )
      const missing = missingOf(command, reply)
      if (missing === null) return this.#answer(command, reply)
      from.set(missing.id, missing.from)
    }
    // Nothing was decided: another region may hold more of it.
    return { kind: 'unsent' }
  }

  #answer(command: QueuedCommand & { readonly name: 'placeOrder' | LeaseWork }, reply: Reply): Answer {
    const answer = answerOf(command.name, reply)
    if (!isUnknown(answer)) {
      this.#unknown.delete(command.id)
      return answer
    }
    const count = (this.#unknown.get(command.id) ?? 0) + 1
    this.#unknown.set(command.id, count)
    // No outcome is kept of that: it may have been lent in a region that this one has not heard of yet.
    return count < maximumUnknown ? { kind: 'unsent' } : unknownLease(command)
  }

  /** The input as a region takes it; null where the device itself has lost the lease. */
  async #inputOf(command: QueuedCommand, from: ReadonlyMap<string, number>): Promise<object | null> {
    if (command.name === 'closeLease') {
      const id = orderIdOf(command)
      const entries = await this.#chains.entriesOf(id, wholeChain, from.get(id) ?? null)
      return entries === undefined ? null : { ...command.input, entries }
    }
    const leases: object[] = []
    for (const { id, upTo } of drawsOf(command)) {
      const entries = await this.#chains.entriesOf(id, upTo, from.get(id) ?? null)
      if (entries === undefined) return null
      leases.push({ id, entries })
    }
    return { ...command.input, leases }
  }
}

function unknownLease({ id }: QueuedCommand): Answer {
  return { kind: 'rejected', code: 'LEASE_UNKNOWN', message: `No region knows the lease that ${id} is about.` }
}

function isUnknown(answer: Answer): boolean {
  if (answer.kind !== 'outcome' || answer.outcome.status !== 'refused') return false
  const { code, field } = answer.outcome
  return code === 'NOT_FOUND' && field?.[0] === 'leases'
}

/** Which lease's chain the region lacks a part of, and from which entry on. */
function missingOf(command: QueuedCommand, reply: Reply): { readonly id: string; readonly from: number } | null {
  const payload = reply.kind === 'data' ? recordAt(reply.data, command.name) : null
  const error = Array.isArray(payload?.userErrors) ? asRecord(payload.userErrors[0]) : null
  const from = error?.leaseEntry
  if (typeof from !== 'number') return null
  if (command.name === 'closeLease') return { id: orderIdOf(command), from }
  const field = Array.isArray(error?.field) ? error.field : []
  const draw = drawsOf(command)[Number(field[1])]
  return draw === undefined ? null : { id: draw.id, from }
}
