// Keeps what was refused: the commit as evidence, an incident for the operators, and the origins that may not go on. Both
// are durable and idempotent, so a commit that comes again, after a restart too, adds nothing. Judges nothing.

import type { HeldFor } from '@causeway/db/integrity'
import type { Store } from '@causeway/db/store'
import type { Origin } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { eventId } from '@causeway/schema/documents/ids'
import type { Refusals } from '../committer/writer.ts'
import type { Ports } from '../ports.ts'
import type { ChainIndex } from './chain-index.ts'
import type { IncidentBook } from './incident-book.ts'
import type { Refusal } from './refusal.ts'

export interface CustodySetting {
  readonly store: Pick<Store, 'evidence'>
  readonly incidents: IncidentBook
  readonly chain: Pick<ChainIndex, 'read'>
  readonly frontier: () => VersionVector
  readonly ports: Pick<Ports, 'clock' | 'logger'>
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

export class Custody {
  readonly #setting: CustodySetting
  /** What this node knows to be held, by hash: the same refusal comes again and again. */
  readonly #known = new Map<string, Origin>()

  constructor(setting: CustodySetting) {
    this.#setting = setting
  }

  /** Resolves once all of it is durable. Rejects with StoreError: it will come again. */
  async take({ refused, stripped }: Refusals): Promise<void> {
    for (const refusal of [...refused, ...stripped]) {
      if (this.#known.has(hex(refusal.sealed.hash))) continue
      await this.#takeOne(refusal)
      this.#known.set(hex(refusal.sealed.hash), refusal.sealed.origin)
    }
  }

  /** What has been applied after all is held no longer. */
  async applied(tried: readonly SealedCommit[], frontier: VersionVector): Promise<void> {
    if (this.#known.size === 0) return
    for (const { origin, lastSequence, hash } of tried) {
      if (!this.#known.has(hex(hash)) || sequenceOf(frontier, origin) < lastSequence) continue
      await this.#setting.store.evidence.release(origin, hash)
      this.#known.delete(hex(hash))
    }
  }

  #takeOne(refusal: Refusal): Promise<void> | void {
    switch (refusal.kind) {
      case 'fork':
        return this.#fork(refusal)
      case 'unknown':
        return this.#wait(refusal)
      case 'quarantine':
      case 'later':
        return this.#quarantine(refusal)
      default:
        throw new Error(`unknown refusal: ${JSON.stringify(refusal.kind satisfies never)}`)
    }
  }

  /** No incident: who upgrades regions one by one sees it for a while. */
  #wait({ sealed, reason }: Refusal): void {
    const { origin, firstSequence } = sealed
    this.#setting.ports.logger.error(
      { origin, sequence: firstSequence },
      `commit ${origin}:${firstSequence} waits: ${reason}; its origin stands still here until this region is upgraded`,
    )
  }

  async #quarantine({ sealed, rule, reason, kind }: Refusal): Promise<void> {
    const { origin, firstSequence, lastSequence, hash } = sealed
    await this.#hold(sealed, 'quarantine', rule, reason)
    const rest =
      kind === 'later'
        ? 'It is judged again whenever something else is applied, and goes on by itself.'
        : `It is not applied, and what ${origin} has written after it waits. Other origins go on.`
    await this.#setting.incidents.raise({
      kind: 'quarantine',
      subject: `${origin}:${firstSequence}:${hex(hash).slice(0, 16)}`,
      entityIds: [eventId(origin, firstSequence)],
      detail: `Commit ${origin}:${firstSequence}..${lastSequence} is signed as it should be and breaks ${rule}: ${reason}. ${rest}`,
    })
  }

  async #fork({ sealed, rule, reason }: Refusal): Promise<void> {
    const { origin, firstSequence } = sealed
    const own = await this.#setting.chain.read(origin, firstSequence - 1, this.#setting.frontier())
    if (own !== null) await this.#hold(own, 'equivocation', rule, 'applied here')
    await this.#hold(sealed, 'equivocation', rule, reason)
    await this.#setting.incidents.raise({
      kind: 'equivocation',
      subject: origin,
      entityIds: [eventId(origin, firstSequence)],
      detail: `${origin} has signed two logs that part at ${firstSequence} or before: ${reason}. Both commits are kept as proof. What was applied of it stays; nothing more of it is applied.`,
    })
  }

  async #hold(sealed: SealedCommit, heldFor: HeldFor, rule: string, reason: string): Promise<void> {
    const { origin, firstSequence, lastSequence, hash, bytes } = sealed
    const atMs = this.#setting.ports.clock.now()
    await this.#setting.store.evidence.hold({
      origin,
      firstSequence,
      lastSequence,
      hash,
      heldFor,
      rule,
      reason,
      atMs,
      bytes,
    })
  }
}
