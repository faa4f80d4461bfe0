// What happens to a batch that a link brings: opened, verified, passed through the causal gate, and what is ready is
// applied. One gate serves all links of the node, so a commit that two peers relay is applied once (C1, C2, C4). What is
// signed as it should be and refused all the same halts its origin and blames no link (C6). What is written under versions
// that this node does not know waits for another node: it is asked for again by the one that takes this one's place (C7).

import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { CodecError } from '@causeway/schema/commit/bytes'
import { openCommit, verifyCommit } from '@causeway/schema/commit/codec'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { flaw } from '@causeway/schema/validity/flaw'
import type { Refusals } from '../committer/writer.ts'
import type { Custody } from '../integrity/custody.ts'
import { excuse, goOn, halt, handBack } from '../integrity/halted-origins.ts'
import type { Refusal } from '../integrity/refusal.ts'
import type { Ports } from '../ports.ts'
import type { FenceLimits, NamedBy } from '../recovery/fence-limits.ts'
import { fence, namedBy } from '../recovery/fenced-gate.ts'
import { applied, type GateResult, type GateState, offer, openGate, settle, withdraw } from './causal-gate.ts'
import { createGapWatch, type GapWatch } from './gap-watch.ts'
import { LinkFault } from './link-fault.ts'
import type { CommitBatch } from './peer.ts'

export interface IngestSetting {
  readonly ports: Ports
  readonly crypto: CommitCrypto
  readonly frontier: () => VersionVector
  /** The same one until what is fenced changes. */
  readonly fences: () => FenceLimits
  /** Makes commits durable, in order; resolves when they are, with what was refused. */
  readonly apply: (commits: readonly SealedCommit[], named: NamedBy) => Promise<Refusals>
  /** Is told of what lies beyond a fence, and is not applied. */
  readonly beyondFence: (commits: readonly SealedCommit[]) => void
  /** Keeps what was refused. */
  readonly custody: Pick<Custody, 'take' | 'applied' | 'inquire' | 'suspended'>
  /** Asks the peers again for what is missing. */
  readonly resume: () => void
}

/** Of what was handed on, what is neither applied nor refused. */
interface LeftOut {
  readonly commits: readonly SealedCommit[]
  readonly isAll: boolean
}

/** A time further away is looked at again this late: timers do not reach for ever. */
const longestWaitMs = 10 * 60_000
/** From one question about an origin's commit to the next. */
const inquiryPauseMs = 5_000
/** Links and layouts of which it has been said that they are not known. */
const maximumUnknown = 100

export class Ingest {
  readonly #setting: IngestSetting
  #gate: GateState
  #cancelSettle: (() => void) | null = null
  readonly #gaps: GapWatch
  #isTrying = false
  readonly #inquiring = new Set<Origin>()
  /** Layouts of which the log has told, by link. */
  readonly #unknown = new Set<string>()
  /** Refused for what may change; tried again whenever something else is applied. One of each origin. */
  readonly #later = new Map<Origin, SealedCommit>()

  constructor(setting: IngestSetting) {
    this.#setting = setting
    this.#gate = openGate(setting.frontier())
    this.#gaps = createGapWatch(setting.ports.timers, () => setting.resume())
  }

  /** The sink of every link. Throws LinkFault where the peer sent what does not verify. */
  async take(peer: RegionId, batch: CommitBatch): Promise<void> {
    const frontier = this.#setting.frontier()
    // What another line has brought and is being applied need not be verified a second time to be dropped.
    const held = (origin: Origin) => Math.max(sequenceOf(frontier, origin), sequenceOf(this.#gate.released, origin))
    const fresh = batch.commits
      .flatMap((bytes) => this.#open(peer, bytes) ?? [])
      .filter(({ origin, lastSequence }) => lastSequence > held(origin))
    for (const commit of fresh) this.#verify(peer, commit)
    await this.#follow(offer(this.#fenced(), fresh, this.#now()))
  }

  /** The frontier has grown by other means: own commits, or another node of the region. */
  async frontierChanged(): Promise<void> {
    await this.#follow(applied(this.#fenced(), this.#setting.frontier(), this.#now()))
    await this.#tryLater()
  }

  #fenced(): GateState {
    return fence(this.#gate, this.#setting.fences())
  }

  /** What was given here, too, may be what a refused commit waits for; others may wait for that one in turn. */
  async #tryLater(): Promise<void> {
    if (this.#later.size === 0 || this.#isTrying) return
    this.#isTrying = true
    try {
      const tried = [...this.#later.values()]
      await this.#keep(tried, await this.#setting.apply(tried, namedBy(this.#gate, tried)))
    } finally {
      this.#isTrying = false
    }
  }

  stop(): void {
    this.#cancelSettle?.()
    this.#gaps.stop()
  }

  /** Null for what is laid out in a way that this node does not know: who wrote it, and whether it is true, cannot be told. */
  #open(peer: RegionId, bytes: Uint8Array): SealedCommit | null {
    try {
      return openCommit(bytes, this.#setting.crypto)
    } catch (error) {
      if (error instanceof CodecError && error.code === 'UNKNOWN_VERSION') {
        this.#sayUnknown(peer, error.message)
        return null
      }
      throw new LinkFault(peer, `sent bytes that are no commit: ${String(error)}`)
    }
  }

  /** Once for each link and layout; what else its link brings goes on. */
  #sayUnknown(peer: RegionId, reason: string): void {
    const word = `${peer}: ${reason}`
    if (this.#unknown.has(word) || this.#unknown.size >= maximumUnknown) return
    this.#unknown.add(word)
    this.#setting.ports.logger.error(
      { peer, reason },
      `${peer} sends a ${reason}: such commits wait until this region is upgraded`,
    )
  }

  #verify(peer: RegionId, commit: SealedCommit): void {
    const verdict = verifyCommit(commit, this.#setting.crypto)
    if (!verdict.ok) throw new LinkFault(peer, `brought what was not signed so: ${verdict.reason}`)
  }

  async #follow(result: GateResult): Promise<void> {
    this.#gate = result.state
    if (result.retryInMs !== null) this.#settleIn(Math.min(longestWaitMs, result.retryInMs))
    this.#gaps.observe(result.missing)
    const fenced = result.dropped.flatMap(({ commit, reason }) => (reason === 'fenced' ? [commit] : []))
    if (fenced.length > 0) this.#setting.beyondFence(fenced)
    const left = result.ready.length === 0 ? null : await this.#hand(result.ready)
    await this.#tellForks(result)
    if (left !== null) await this.#follow(this.#takeBack(left))
  }

  /** In the order in which the gate handed them on: nothing is waited for before. */
  async #hand(ready: readonly SealedCommit[]): Promise<LeftOut> {
    try {
      const tried = [...ready, ...this.#later.values()]
      const refusals = await this.#setting.apply(tried, namedBy(this.#gate, tried))
      await this.#keep(tried, refusals)
      const refused = new Set(refusals.refused.map(({ sealed }) => sealed))
      const commits = ready.filter((commit) => !refused.has(commit) && !this.#isApplied(commit))
      return { commits, isAll: commits.length === ready.length }
    } catch (error) {
      this.#gate = withdraw(this.#gate, this.#setting.frontier())
      throw error
    }
  }

  /**
   * What is neither applied nor refused stands on what was refused with it or just before it, or on a word about a fence that was
   * said here meanwhile. It waits in the gate again; where the gate knows nothing that it could wait for, it is asked for again
   * after a while.
   */
  #takeBack({ commits, isAll }: LeftOut): GateResult {
    this.#gate = handBack(this.#fenced(), this.#setting.frontier(), commits)
    const again = offer(this.#gate, commits, this.#now())
    const isVain = isAll && again.ready.some((commit) => commits.includes(commit))
    return isVain ? applied(this.#gate, this.#setting.frontier(), this.#now()) : again
  }

  /** Nobody signs two cuts of one log: what begins within what is applied and ends beyond it is of another one (C6). */
  async #tellForks({ dropped }: GateResult): Promise<void> {
    const frontier = this.#setting.frontier()
    const refused = dropped.flatMap(({ commit: sealed, reason }): Refusal[] => {
      if (reason !== 'overlaps' || sequenceOf(frontier, sealed.origin) < sealed.firstSequence) return []
      return [{ kind: 'fork', sealed, ...flaw('C6', 'it overlaps the commit that is held in its place') }]
    })
    if (refused.length > 0) await this.#keep([], { refused, stripped: [] })
  }

  /** Halts the origins of what was refused, and lets those go on whose commit was applied after all. */
  async #keep(tried: readonly SealedCommit[], refusals: Refusals): Promise<void> {
    const { custody, frontier, resume } = this.#setting
    const freed = [...this.#later.values()].filter(
      ({ origin, lastSequence }) => sequenceOf(frontier(), origin) >= lastSequence,
    )
    for (const { origin } of freed) this.#later.delete(origin)
    for (const { kind, sealed } of refusals.refused) if (kind === 'later') this.#later.set(sealed.origin, sealed)
    await custody.take(refusals)
    await custody.applied(tried, frontier())
    this.#gate = halt(
      goOn(
        this.#gate,
        freed.map(({ origin }) => origin),
      ),
      refusals.refused.map(({ sealed }) => sealed.origin),
    )
    const excused = excuse(this.#gate, custody.suspended)
    const isNews = excused !== this.#gate
    // What was handed on with a commit that proved a fork waited for it in vain: nobody waits for that origin any more.
    this.#gate = isNews ? withdraw(excused, frontier()) : excused
    for (const refusal of refusals.refused)
      if (refusal.kind === 'later' && refusal.rule === 'C6') this.#inquire(refusal)
    if (freed.length > 0 || isNews) resume()
  }

  #isApplied({ origin, lastSequence }: SealedCommit): boolean {
    return lastSequence <= sequenceOf(this.#setting.frontier(), origin)
  }

  /** Asks once at a time; where a fork is found, what waited for its proof is tried again. */
  #inquire(refusal: Refusal): void {
    const { origin } = refusal.sealed
    if (this.#inquiring.has(origin)) return
    this.#inquiring.add(origin)
    const { custody, ports, resume } = this.#setting
    custody
      .inquire(refusal)
      .then((found) => {
        if (!found) return
        const waiting = [...this.#later.keys()]
        this.#later.clear()
        this.#gate = goOn(excuse(this.#gate, custody.suspended), waiting)
        resume()
      })
      .catch((error: unknown) => {
        ports.logger.warn(
          { origin, error: String(error) },
          `nobody tells which past a commit of ${origin} stands on yet`,
        )
      })
      .finally(() => ports.timers.after(inquiryPauseMs, () => this.#inquireAgain(origin)))
  }

  /** Who could tell may have been away. */
  #inquireAgain(origin: Origin): void {
    this.#inquiring.delete(origin)
    if (!this.#later.has(origin)) return
    this.#tryLater().catch((error: unknown) => {
      this.#setting.ports.logger.warn({ error: String(error) }, 'commits that wait could not be applied')
    })
  }

  /** Origins of which it is known from before that they have signed two logs. */
  suspend(): void {
    this.#gate = excuse(this.#gate, this.#setting.custody.suspended)
  }

  /** An operator lets the origin go on. */
  lift(origin: Origin): void {
    this.#gate = goOn(this.#gate, [origin])
    this.#setting.resume()
  }

  #settleIn(delayMs: number): void {
    this.#cancelSettle?.()
    this.#cancelSettle = this.#setting.ports.timers.after(delayMs, () => {
      this.#follow(settle(this.#gate, this.#now())).catch((error: unknown) => {
        this.#setting.ports.logger.warn({ error: String(error) }, 'waiting commits could not be applied; asking again')
        this.#setting.resume()
      })
    })
  }

  #now(): number {
    return this.#setting.ports.clock.now()
  }
}
