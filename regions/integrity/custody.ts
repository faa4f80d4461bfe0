// Keeps what was refused: the commit as evidence, an incident for the operators, and the origins that may not go on. Both
// are durable and idempotent, so a commit that comes again, after a restart too, adds nothing. What other nodes of the region
// have kept, and what operators have resolved there, it reads from the store (W4). Judges nothing.

import type { HeldFor } from '@causeway/db/integrity'
import type { Store } from '@causeway/db/store'
import { type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { branchesOf } from '@causeway/schema/commit/branch'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { eventId, incidentId } from '@causeway/schema/documents/ids'
import { flaw } from '@causeway/schema/validity/flaw'
import type { Refusals } from '../committer/writer.ts'
import type { Ports } from '../ports.ts'
import { PassedOver } from './branches.ts'
import type { ChainIndex } from './chain-index.ts'
import type { IncidentBook } from './incident-book.ts'
import { type Branch, findBranches, type InquirySetting } from './inquiry.ts'
import type { Refusal } from './refusal.ts'

export interface CustodySetting extends InquirySetting {
  readonly region: RegionId
  readonly store: Pick<Store, 'evidence' | 'incidents'>
  readonly incidents: IncidentBook
  readonly chain: ChainIndex
  readonly ports: Pick<Ports, 'clock' | 'logger'>
  readonly frontier: () => VersionVector
  /** Applies it beside the log of its origin. */
  readonly applyBranch: (branch: Branch) => Promise<void>
}

interface LatestFork {
  /** Of the incident that was raised last, or would be the first. */
  readonly subject: string
  readonly next: string
  readonly isOpen: boolean
  /** Null where none was raised, too. */
  readonly resolvedMs: number | null
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

export class Custody {
  readonly #setting: CustodySetting
  /** What this node knows to be held, by hash: the same refusal comes again and again. */
  readonly #known = new Set<string>()
  /** Hashes of what is held for breaking a rule, whichever node of the region has taken it. */
  readonly #quarantined = new Set<string>()
  /** Origins that have signed two logs: nothing more of them is applied until an operator resolves the incident. */
  readonly suspended = new Set<Origin>()
  readonly #passedOver = new PassedOver()

  constructor(setting: CustodySetting) {
    this.#setting = setting
  }

  /** What is held from before, by whichever node of the region. To be read again by a node that begins to lead. */
  async open(): Promise<void> {
    const { store, branches } = this.#setting
    const { chainHashes } = await this.#setting.head()
    await branches.refresh(chainHashes)
    const forked = new Set<Origin>()
    for (const { origin, heldFor, hash } of await store.evidence.held()) {
      if (heldFor === 'quarantine') this.#quarantined.add(hex(hash))
      else forked.add(origin)
    }
    for (const origin of forked) {
      if (this.suspended.has(origin)) continue
      const { isOpen, resolvedMs } = await this.#latestFork(origin)
      if (isOpen || branchesOf(chainHashes, origin).length > 0) this.suspended.add(origin)
      else if (resolvedMs !== null) await this.#passOver(origin, resolvedMs)
    }
  }

  /** The origins that may go on now, for an operator has resolved their incidents by way of another node. */
  async review(): Promise<readonly Origin[]> {
    const lifted: Origin[] = []
    for (const origin of [...this.suspended]) if (await this.#lift(origin)) lifted.push(origin)
    return lifted
  }

  /** The incidents of an origin's forks are numbered: what an operator has resolved stays so, and a later fork is another one. */
  async #latestFork(origin: Origin): Promise<LatestFork> {
    const { region, store } = this.#setting
    let resolvedMs: number | null = null
    for (let number = 1, subject = origin; ; number += 1) {
      const next = number === 1 ? origin : `${origin}:${number}`
      const incident = await store.incidents.find(incidentId(region, 'equivocation', next))
      if (incident === null) return { subject, next, isOpen: subject !== next && resolvedMs === null, resolvedMs }
      subject = next
      resolvedMs = incident.resolved?.atMs ?? null
    }
  }

  /** `news`: what was signed of another log of an origin since an operator has said that it may go on. */
  sift(commits: readonly SealedCommit[]): {
    readonly fresh: readonly SealedCommit[]
    readonly news: readonly Refusal[]
  } {
    const { fresh, news } = this.#passedOver.sift(commits, this.suspended)
    const goesOn = flaw('C6', 'it goes on with the log that does not stand here')
    return { fresh, news: news.map((sealed) => ({ kind: 'fork', sealed, ...goesOn })) }
  }

  async #passOver(origin: Origin, resolvedMs: number): Promise<void> {
    const { store, chain, frontier } = this.#setting
    const hashes = new Set<string>()
    for (const one of await store.evidence.held()) {
      if (one.origin !== origin || one.heldFor !== 'equivocation') continue
      const own = await chain.at(origin, one.lastSequence, frontier())
      if (typeof own === 'string' || hex(own.hash) !== hex(one.hash)) hashes.add(hex(one.hash))
    }
    this.#passedOver.put(origin, hashes, resolvedMs)
  }

  /**
   * The origin that may go on now that its incident is resolved; null where the incident is of another kind or an earlier fork, and
   * where others stand on the other of its logs: that one is over.
   */
  async lifted(incident: string): Promise<Origin | null> {
    const { region } = this.#setting
    for (const origin of this.suspended) {
      const { subject } = await this.#latestFork(origin)
      if (incidentId(region, 'equivocation', subject) === incident) return (await this.#lift(origin)) ? origin : null
    }
    return null
  }

  async #lift(origin: Origin): Promise<boolean> {
    const { resolvedMs } = await this.#latestFork(origin)
    const { chainHashes } = await this.#setting.head()
    // Where no incident has been raised yet, there is nothing that anybody could have resolved.
    if (resolvedMs === null || branchesOf(chainHashes, origin).length > 0) return false
    await this.#passOver(origin, resolvedMs)
    return this.suspended.delete(origin)
  }

  /**
   * Of a commit that pins another past than ours: true where it can be judged anew, for what it stands on is applied here, too,
   * beside the log of an origin that has signed two. Where nobody holds what it pins, the commit itself is at fault.
   */
  async inquire(refusal: Refusal): Promise<boolean> {
    const branches = await findBranches(this.#setting, refusal.sealed)
    if (branches === null) {
      await this.#quarantine({ ...refusal, kind: 'quarantine' })
      return false
    }
    for (const branch of branches) await this.#takeBranch(branch, regionOf(refusal.sealed.origin))
    return true
  }

  async #takeBranch(branch: Branch, by: RegionId): Promise<void> {
    const [first] = branch.commits
    if (first === undefined) return
    const reason = `${by} has applied another commit of it than this region`
    if (branch.isFork) await this.#fork({ kind: 'fork', sealed: first, rule: 'C6', reason }, true)
    for (const commit of branch.commits) await this.#hold(commit, 'equivocation', 'C6', `applied by ${by}`)
    await this.#setting.applyBranch(branch)
  }

  /** Resolves once all of it is durable. Rejects with StoreError: it will come again. */
  async take({ refused, stripped }: Refusals): Promise<void> {
    for (const refusal of [...refused, ...stripped]) {
      if (this.#known.has(hex(refusal.sealed.hash))) continue
      await this.#takeOne(refusal)
      this.#known.add(hex(refusal.sealed.hash))
    }
  }

  /** What has been applied after all is held no longer. */
  async applied(tried: readonly SealedCommit[], frontier: VersionVector): Promise<void> {
    if (this.#quarantined.size === 0) return
    for (const { origin, lastSequence, hash } of tried) {
      if (!this.#quarantined.has(hex(hash)) || sequenceOf(frontier, origin) < lastSequence) continue
      await this.#setting.store.evidence.release(origin, hash)
      this.#quarantined.delete(hex(hash))
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
        return this.#quarantine(refusal)
      case 'later':
        // Another past than ours is to be looked into first: the fault may be a third one's.
        return refusal.rule === 'C6' ? undefined : this.#quarantine(refusal)
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

  /** `isStoodOn`: by another region, so that it matters though it may be known. */
  async #fork({ sealed, rule, reason }: Refusal, isStoodOn = false): Promise<void> {
    const { origin, firstSequence } = sealed
    const { subject, next, isOpen, resolvedMs } = await this.#latestFork(origin)
    // What an operator has looked at and resolved is no news when it comes once more.
    if (resolvedMs !== null && !isStoodOn && (await this.#isHeld(sealed))) {
      if (!this.suspended.has(origin)) await this.#passOver(origin, resolvedMs)
      return
    }
    // Before anything is held: of what is held and was never told nobody would hear.
    await this.#setting.incidents.raise({
      kind: 'equivocation',
      subject: isOpen ? subject : next,
      entityIds: [eventId(origin, firstSequence)],
      detail: `${origin} has signed two logs that part at ${firstSequence} or before: ${reason}. Both commits are kept as proof. What was applied of it stays, and what other regions stand on of the other log is applied beside it; nothing more of it is applied by itself. Unless its region begins a new incarnation by itself, retire it: then all others agree on its end, and go on as one.`,
    })
    const frontier = this.#setting.frontier()
    const place = Math.min(sealed.lastSequence, sequenceOf(frontier, origin))
    const own = await this.#setting.chain.read(origin, place, frontier)
    if (own !== null) await this.#hold(own, 'equivocation', rule, 'applied here')
    await this.#hold(sealed, 'equivocation', rule, reason)
    this.suspended.add(origin)
  }

  async #isHeld({ hash }: SealedCommit): Promise<boolean> {
    const held = await this.#setting.store.evidence.held()
    return held.some((one) => one.heldFor === 'equivocation' && hex(one.hash) === hex(hash))
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
    if (heldFor === 'equivocation') this.#setting.branches.note(sealed)
    else this.#quarantined.add(hex(hash))
  }

  /** The log that this region held under the origin's name until another one took that (S7): peers may ask for it. */
  async keep(commits: readonly SealedCommit[]): Promise<void> {
    for (const commit of commits) await this.#hold(commit, 'equivocation', 'C6', 'applied here')
  }
}
