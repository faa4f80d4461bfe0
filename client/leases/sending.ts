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
/**
 * Answers in a row that a lease is not known, some half a minute of them. What is asked carries the token that came with the lease, so
 * a region that has only not heard of it waits instead of saying so: what says so this often has lost it with a region's disk.
 */
export const maximumUnknown = 8
const wholeChain = Number.MAX_SAFE_INTEGER

export function isLeased(
  command: QueuedCommand,
): command is QueuedCommand & { readonly name: 'placeOrder' | 'closeLease' } {
  return command.name === 'closeLease' || (command.name === 'placeOrder' && drawsOf(command).length > 0)
}

export class LeaseSender {
  readonly #connection: Connection
  readonly #chains: Chains
  /** By lease, how often a region did not know it: what else was sold from it is not asked for as often again. */
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
    if (answer.kind !== 'outcome') return answer
    const { outcome } = answer
    const isUnknown = outcome.status === 'refused' && outcome.code === 'NOT_FOUND' && outcome.field?.[0] === 'leases'
    if (!isUnknown) {
      for (const lease of leasesOf(command)) this.#unknown.delete(lease)
      return answer
    }
    const lease = leasesOf(command)[Number(outcome.field[1])] ?? ''
    const count = (this.#unknown.get(lease) ?? 0) + 1
    this.#unknown.set(lease, count)
    // No region keeps an outcome of that, so there is none to wait for either.
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

/** An outcome, though an earlier attempt may have gone unanswered: where that was taken, the lease would be known. */
function unknownLease(command: QueuedCommand): Answer {
  const what = command.name === 'closeLease' ? 'It is over' : 'The order was not placed'
  const message = `No region knows lease ${leasesOf(command).join(', ')}: it was lost with the one that lent it. ${what}.`
  return { kind: 'outcome', outcome: { status: 'refused', code: 'LEASE_UNKNOWN', message } }
}

function leasesOf(command: QueuedCommand): readonly string[] {
  return command.name === 'closeLease' ? [orderIdOf(command)] : drawsOf(command).map(({ id }) => id)
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
