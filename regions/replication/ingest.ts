// What happens to a batch that a link brings: opened, verified, passed through the causal gate, and what is ready is
// applied, a slice at a time. One gate serves all links of the node, so a commit that two peers relay is applied once (C1, C2, C4). What is
// signed as it should be and refused all the same halts its origin and blames no link (C6). What is written under versions
// that this node does not know waits for another node: it is asked for again by the one that takes this one's place (C7).

import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { flaw } from '@causeway/schema/validity/flaw'
import { Lane } from '../committer/lane.ts'
import type { Refusals } from '../committer/writer.ts'
import type { Custody } from '../integrity/custody.ts'
import { excuse, goOn, halt, handBack } from '../integrity/halted-origins.ts'
import type { Refusal } from '../integrity/refusal.ts'
import type { Ports } from '../ports.ts'
import type { FenceLimits, NamedBy } from '../recovery/fence-limits.ts'
import { fence, namedBy } from '../recovery/fenced-gate.ts'
import { applied, type GateResult, type GateState, offer, openGate, settle, withdraw } from './causal-gate.ts'
import { createGapWatch, type GapWatch } from './gap-watch.ts'
import type { CommitBatch } from './peer.ts'
import { Opener } from './receiving/opener.ts'
import { RecentHashes } from './receiving/recent-hashes.ts'
import { firstSlice } from './receiving/slices.ts'

export interface IngestSetting {
  readonly ports: Ports
  readonly crypto: CommitCrypto
  readonly frontier: () => VersionVector
  /** The same one until what is fenced changes. */
  readonly fences: () => FenceLimits
  /** Makes commits durable, in order, as one; resolves when they are, with what was refused. `named`: what waits names. */
  readonly apply: (commits: readonly SealedCommit[], named: () => NamedBy) => Promise<Refusals>
  /** Is told of what lies beyond a fence, and is not applied. */
  readonly beyondFence: (commits: readonly SealedCommit[]) => void
  /** Keeps what was refused. */
  readonly custody: Pick<Custody, 'take' | 'applied' | 'inquire' | 'sift' | 'suspended'>
  /** Asks the peers again for what is missing. */
  readonly resume: () => void
}

/** Of a slice of what was handed on, what is neither applied nor refused. */
interface LeftOut {
  readonly commits: readonly SealedCommit[]
  readonly isAll: boolean
  /** Something of it was refused. */
  readonly isBroken: boolean
}

const nothingLeftOut: LeftOut = { commits: [], isAll: false, isBroken: false }

/** A time further away is looked at again this late: timers do not reach for ever. */
const longestWaitMs = 10 * 60_000
/** From one question about an origin's commit to the next. */
const inquiryPauseMs = 5_000
export class Ingest {
  /** What was signed as it should be. */
  readonly seen = new RecentHashes()
  readonly #setting: IngestSetting
  #gate: GateState
  #cancelSettle: (() => void) | null = null
  readonly #gaps: GapWatch
  #isTrying = false
  readonly #inquiring = new Set<Origin>()
  readonly #opener: Opener
  /** What was handed on, in that order: who takes several transactions keeps those that stand on it waiting. */
  readonly #turns = new Lane()
  /** Refused for what may change; tried again whenever something else is applied. One of each origin. */
  readonly #later = new Map<Origin, SealedCommit>()

  constructor(setting: IngestSetting) {
    this.#setting = setting
    this.#gate = openGate(setting.frontier())
    this.#opener = new Opener(setting.crypto, setting.ports.logger)
    this.#gaps = createGapWatch(setting.ports.timers, () => setting.resume())
  }

  /** The sink of every link. Throws LinkFault where the peer sent what does not verify. */
  async take(peer: RegionId, batch: CommitBatch): Promise<void> {
    const frontier = this.#setting.frontier()
    // What another line has brought and is being applied need not be verified a second time to be dropped.
    const held = (origin: Origin) => Math.max(sequenceOf(frontier, origin), sequenceOf(this.#gate.released, origin))
    const unknown = batch.commits
      .flatMap((bytes) => this.#opener.open(peer, bytes) ?? [])
      .filter(({ origin, lastSequence }) => lastSequence > held(origin))
    for (const commit of unknown) this.#opener.verify(peer, commit)
    const { fresh, news } = this.#setting.custody.sift(unknown)
    if (news.length > 0) await this.#keep([], { refused: news, stripped: [] })
    for (const commit of fresh) this.seen.note(commit)
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
      await this.#keep(tried, await this.#setting.apply(tried, () => namedBy(this.#gate, tried)))
    } finally {
      this.#isTrying = false
    }
  }

  stop(): void {
    this.#cancelSettle?.()
    this.#gaps.stop()
  }

  async #follow(result: GateResult): Promise<void> {
    this.#enter(result)
    const left = result.ready.length === 0 ? nothingLeftOut : await this.#hand(result.ready)
    await this.#tellForks(result)
    if (left.commits.length > 0) await this.#follow(this.#takeBack(left))
  }

  #enter({ state, retryInMs, missing, dropped }: GateResult): void {
    this.#gate = state
    if (retryInMs !== null) this.#settleIn(Math.min(longestWaitMs, retryInMs))
    this.#gaps.observe(missing)
    const fenced = dropped.flatMap(({ commit, reason }) => (reason === 'fenced' ? [commit] : []))
    if (fenced.length > 0) this.#setting.beyondFence(fenced)
  }

  /**
   * In the order in which the gate handed them on, and a slice at a time: the region's own commands have their turn before each (W5).
   * What is handed on meanwhile goes to the writer right behind the last slice, and waits for nothing else. What the last one left out.
   */
  async #hand(ready: readonly SealedCommit[]): Promise<LeftOut> {
    const { last } = await this.#turns.run(async () => {
      let slice = firstSlice(ready)
      let rest = ready.slice(slice.length)
      while (rest.length > 0) {
        const left = await this.#apply(slice, rest)
        // Nothing runs as if that had been applied: what stands on it goes back to the gate with it.
        const next = left.commits.length > 0 || left.isBroken ? await this.#recall(left, rest) : rest
        slice = firstSlice(next)
        rest = next.slice(slice.length)
      }
      const last = slice.length === 0 ? Promise.resolve(nothingLeftOut) : this.#apply(slice, rest)
      // Whoever handed it on hears of it below.
      last.catch(() => undefined)
      return { last }
    })
    return await last
  }

  /** `rest`: what was handed on with the slice and is yet to be applied. */
  async #apply(slice: readonly SealedCommit[], rest: readonly SealedCommit[]): Promise<LeftOut> {
    try {
      const tried = [...slice, ...this.#later.values()]
      const refusals = await this.#setting.apply(tried, () => namedBy(this.#gate, [...tried, ...rest]))
      await this.#keep(tried, refusals)
      const refused = new Set(refusals.refused.map(({ sealed }) => sealed))
      const commits = slice.filter((commit) => !refused.has(commit) && !this.#isApplied(commit))
      const isAll = commits.length === slice.length
      return { commits, isAll, isBroken: slice.some((commit) => refused.has(commit)) }
    } catch (error) {
      // No link may have brought it: what is missing now is asked for even where nothing else comes.
      this.#enter(settle(withdraw(this.#gate, this.#setting.frontier()), this.#now()))
      throw error
    }
  }

  async #recall(left: LeftOut, rest: readonly SealedCommit[]): Promise<readonly SealedCommit[]> {
    const result = this.#takeBack(left, rest)
    this.#enter(result)
    await this.#tellForks(result)
    return result.ready
  }

  /**
   * What is neither applied nor refused stands on what was refused with it or just before it, or on a word about a fence that was
   * said here meanwhile. It waits in the gate again, and what was handed on after it (`rest`) is passed through the gate once more; where
   * the gate knows nothing that it could wait for, it is asked for again after a while.
   */
  #takeBack({ commits, isAll }: LeftOut, rest: readonly SealedCommit[] = []): GateResult {
    const all = [...commits, ...rest]
    this.#gate = handBack(this.#fenced(), this.#setting.frontier(), all)
    const again = offer(this.#gate, all, this.#now())
    const left = new Set(isAll ? commits : [])
    const isVain = again.ready.some((commit) => left.has(commit))
    return isVain ? offer(this.#gate, rest, this.#now()) : again
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
    const origins = (commits: readonly SealedCommit[]) => commits.map(({ origin }) => origin)
    const refused = refusals.refused.map(({ sealed }) => sealed)
    // A fork that an operator has resolved keeps nothing of its origin's log from coming in.
    const passedOver = refusals.refused.flatMap(({ kind, sealed }) =>
      kind === 'fork' && !custody.suspended.has(sealed.origin) ? [sealed] : [],
    )
    this.#gate = goOn(halt(goOn(this.#gate, origins(freed)), origins(refused)), origins(passedOver))
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
