// How fresh this region's answers are: what it knows of each other member, and the reads that ask for more than that.
// BOUNDED reads are served from what is known already, else by asking; STRONG ones always by asking, for a heartbeat may
// have been under way when the read came. Knows no request and no link: those tell it what they hear.
//
// - Q2: a bounded read is let through only when everything that any member answered `maxStalenessMs` before the read
//   came, or earlier, is applied here.
// - Q3: a strong read is let through only when what every member had, as of some moment after the read came, is applied.

import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import { type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { type Clock, sleep, type Timers } from '../ports.ts'
import type { Standing } from '../replication/peer.ts'
import {
  answered,
  caughtUp,
  type MemberFreshness,
  sentAtMs,
  shown,
  unknownFreshness,
  withoutFuture,
} from './member-freshness.ts'
import { type Asked, Question } from './question.ts'
import { ReadBook } from './read-book.ts'

export interface FreshnessSetting {
  readonly clock: Clock
  readonly timers: Timers
  /** The other members. */
  readonly peers: readonly RegionId[]
  /** What is applied here. */
  readonly frontier: () => VersionVector
  /** False where the frontier does not cover the vector in time. */
  readonly reach: (vector: VersionVector, deadlineAt: number) => Promise<boolean>
  /** Asks the peer itself; rejects where it cannot be asked. */
  readonly ask: (peer: RegionId) => Promise<Standing>
}

/** What is known of one member, and what kept a read from being fresh. */
export interface KnownOfMember {
  readonly region: RegionId
  /** Everything that it had answered by then is applied here; null where nothing is known. */
  readonly upToMs: number | null
  /** Why a read could not wait for it, in words; null where it did not keep the read. */
  readonly why: string | null
}

export interface FreshAnswer {
  readonly isFresh: boolean
  /** Of what is applied, when the read was let through or given up; null where one member is not known at all. */
  readonly stalenessMs: number | null
  /** The members that the read was not fresh for. */
  readonly lacking: readonly KnownOfMember[]
}

/** A link that is being opened again is waited for this long: it may only have blinked. */
const blinkMs = 400
const blinkPauseMs = 100
/** How often the difference of the clocks is measured, by asking. */
const measureEveryMs = 60_000
const noAnswer = 'gave no answer in time'

export class Freshness {
  /** How the reads of this node went. */
  readonly reads = new ReadBook()
  readonly #setting: FreshnessSetting
  readonly #members = new Map<RegionId, MemberFreshness>()
  readonly #questions = new Map<RegionId, Question<Standing>>()
  readonly #measuredMs = new Map<RegionId, number>()

  constructor(setting: FreshnessSetting) {
    this.#setting = setting
    const { clock, ask } = setting
    for (const peer of setting.peers) {
      this.#members.set(peer, unknownFreshness)
      this.#questions.set(
        peer,
        new Question(
          () => ask(peer),
          () => clock.now(),
        ),
      )
    }
  }

  /** The peer's own batch or heartbeat has come. */
  heard(peer: RegionId, { frontier, time }: Standing): void {
    const nowMs = this.#now()
    const state = this.#of(peer)
    const atMs = sentAtMs(state, time.wallMs, nowMs)
    this.#members.set(peer, shown(state, ownPart(peer, frontier), atMs, this.#setting.frontier()))
    this.#measure(peer, nowMs)
  }

  /** A commit of another member has been applied. */
  applied(origin: Origin, time: HybridTime): void {
    const member = regionOf(origin)
    if (!this.#members.has(member)) return
    const state = this.#of(member)
    this.#members.set(member, shown(state, {}, sentAtMs(state, time.wallMs, this.#now()), {}))
  }

  /** The frontier has grown. */
  moved(): void {
    const frontier = this.#setting.frontier()
    for (const [member, state] of this.#members) this.#members.set(member, caughtUp(state, frontier))
  }

  /** How old an answer given now may be: the age of what is least well known; null where one member is not known at all. */
  stalenessMs(atMs: number = this.#now()): number | null {
    let oldestMs = atMs
    for (const member of this.#setting.peers) {
      const { upToMs } = this.#of(member)
      if (upToMs === null) return null
      oldestMs = Math.min(oldestMs, upToMs)
    }
    return atMs - oldestMs
  }

  /** Up to when each other member is known, by our clock. */
  known(): readonly { readonly region: RegionId; readonly upToMs: number | null }[] {
    return this.#setting.peers.map((region) => ({ region, upToMs: this.#of(region).upToMs }))
  }

  /** For a read that came now and accepts answers up to `maxStalenessMs` old. */
  async bounded(maxStalenessMs: number, waitUntil: number): Promise<FreshAnswer> {
    const cameMs = this.#now()
    const isKnown = (peer: RegionId) => (this.#of(peer).upToMs ?? Number.NEGATIVE_INFINITY) >= cameMs - maxStalenessMs
    return await this.#letThrough(cameMs, waitUntil, isKnown)
  }

  /** For a read that came now and accepts nothing older. */
  async strong(waitUntil: number): Promise<FreshAnswer> {
    return await this.#letThrough(this.#now(), waitUntil, () => false)
  }

  async #letThrough(cameMs: number, waitUntil: number, isKnown: (peer: RegionId) => boolean): Promise<FreshAnswer> {
    const asked = this.#setting.peers.filter((peer) => !isKnown(peer))
    const whys = await Promise.all(asked.map((peer) => this.#catchUpWith(peer, cameMs, waitUntil, isKnown)))
    const lacking = asked
      .map((region, index) => ({ region, upToMs: this.#of(region).upToMs, why: whys[index] ?? null }))
      .filter(({ why }) => why !== null)
    return { isFresh: lacking.length === 0, stalenessMs: this.stalenessMs(cameMs), lacking }
  }

  /** Asks the peer and waits until its answer is applied here. Null when it is; else why not. */
  async #catchUpWith(
    peer: RegionId,
    cameMs: number,
    waitUntil: number,
    isKnown: (peer: RegionId) => boolean,
  ): Promise<string | null> {
    for (;;) {
      const asked = await this.#askWithin(peer, waitUntil)
      if ('answer' in asked) {
        const isReached = await this.#setting.reach(ownPart(peer, asked.answer.frontier), waitUntil)
        return isReached || isKnown(peer) ? null : 'has written what did not arrive here in time'
      }
      if (isKnown(peer)) return null
      const nowMs = this.#now()
      if (asked.why === noAnswer || nowMs + blinkPauseMs > Math.min(waitUntil, cameMs + blinkMs)) return asked.why
      await sleep(this.#setting.timers, blinkPauseMs)
    }
  }

  async #askWithin(peer: RegionId, waitUntil: number): Promise<Asked<Standing> | { readonly why: string }> {
    const leftMs = waitUntil - this.#now()
    if (leftMs <= 0) return { why: noAnswer }
    return await new Promise((resolve) => {
      const cancel = this.#setting.timers.after(leftMs, () => resolve({ why: noAnswer }))
      this.#ask(peer).then(
        (asked) => {
          cancel()
          resolve(asked)
        },
        (error: unknown) => {
          cancel()
          resolve({ why: `cannot be asked: ${error instanceof Error ? error.message : String(error)}` })
        },
      )
    })
  }

  async #ask(peer: RegionId): Promise<Asked<Standing>> {
    const question = this.#questions.get(peer)
    if (question === undefined) throw new Error(`${peer} is no other member`)
    const asked = await question.ask()
    const { frontier, time } = asked.answer
    this.#measuredMs.set(peer, this.#now())
    const answer = { vector: ownPart(peer, frontier), memberMs: time.wallMs }
    this.#members.set(peer, answered(this.#of(peer), answer, asked.askedMs, this.#setting.frontier()))
    return asked
  }

  /** A member that is heard regularly is asked now and then how its clock stands to ours. */
  #measure(peer: RegionId, nowMs: number): void {
    const lastMs = this.#measuredMs.get(peer)
    if (lastMs !== undefined && Math.abs(nowMs - lastMs) < measureEveryMs) return
    this.#measuredMs.set(peer, nowMs)
    // Where it cannot be asked, its next word is taken as it is, and it is asked again later.
    this.#ask(peer).catch(() => undefined)
  }

  #of(peer: RegionId): MemberFreshness {
    return withoutFuture(this.#members.get(peer) ?? unknownFreshness, this.#now())
  }

  #now(): number {
    return this.#setting.clock.now()
  }
}

/** What a member has written itself: the rest of its frontier is the others' to tell. */
function ownPart(member: RegionId, frontier: VersionVector): VersionVector {
  const own: Record<Origin, number> = {}
  for (const origin in frontier) {
    const sequence = frontier[origin]
    if (regionOf(origin) === member && sequence !== undefined) own[origin] = sequence
  }
  return own
}
