// Whether what is written here may be dated by this machine's clock. Others let a commit wait that is more than a minute ahead of
// theirs (C7), and hybrid time never runs back: what was once written by a clock that had jumped ahead holds up all that this region
// writes afterwards, until that time has come. So nothing is written while most members say that this clock is so far ahead, nor, after
// a jump, before they have been heard. Where there are two members neither can say whose clock is wrong, and both go on.

import { maximumDriftMs } from '@causeway/schema/clock/hybrid-clock'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { Clock, Ports } from '../ports.ts'
import type { Standing } from '../replication/peer.ts'

/** This region's clock cannot be written by now; nothing was written. */
export class ClockAhead extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'ClockAhead'
  }
}

/** How long a jump is asked about: members that do not answer by then are away, and a region writes alone. */
const askedForMs = 3_000
const second = 1_000

export interface Judges {
  /** The other members. */
  readonly peers: () => readonly RegionId[]
  /** Asks one of them for its time. */
  readonly ask: (peer: RegionId) => Promise<Standing>
}

export class ClockWatch {
  readonly #ports: Pick<Ports, 'clock' | 'timers' | 'logger'>
  #judges: Judges = { peers: () => [], ask: () => Promise.reject(new Error('nobody is known yet')) }
  /** By how much this clock was ahead of each member's when it was last heard; the way of its word counts as a lead. */
  readonly #leads = new Map<RegionId, number>()
  /** Since the clock jumped. */
  #unheard: Set<RegionId> = new Set()
  #lastMs: number | null = null
  #said: string | null = null

  constructor(ports: Pick<Ports, 'clock' | 'timers' | 'logger'>) {
    this.#ports = ports
  }

  /** Until then nobody says anything of this clock. */
  judgedBy(judges: Judges): void {
    this.#judges = judges
  }

  /** The clock that commits are dated by; it throws ClockAhead. */
  get clock(): Clock {
    return {
      now: () => {
        const nowMs = this.#look()
        const { refusal } = this
        if (refusal === null) return nowMs
        throw new ClockAhead(refusal)
      },
    }
  }

  /** Why nothing is dated by this clock now, in words; null while it may be. */
  get refusal(): string | null {
    this.#look()
    return this.#judge()
  }

  /** By how much this clock is ahead of each member's, as far as its last word tells; negative where it is behind. */
  get leads(): ReadonlyMap<RegionId, number> {
    return this.#leads
  }

  /** A member has told its time. */
  heard(peer: RegionId, { time }: Pick<Standing, 'time'>): void {
    this.#leads.set(peer, this.#look() - time.wallMs)
    this.#unheard.delete(peer)
    this.#say()
  }

  #judge(): string | null {
    const peers = this.#judges.peers()
    const behind = peers.filter((peer) => (this.#leads.get(peer) ?? 0) > maximumDriftMs)
    if (behind.length * 2 > peers.length + 1) {
      const leadMs = Math.min(...behind.map((peer) => this.#leads.get(peer) ?? 0))
      return `the clock is ${Math.round(leadMs / second)} s ahead of those of ${behind.join(', ')}`
    }
    return this.#unheard.size > 0 ? 'the clock has jumped ahead, and others are asked for their time' : null
  }

  /** What was known of others is of the clock as it was: after a jump they are heard anew. */
  #look(): number {
    const nowMs = this.#ports.clock.now()
    const lastMs = this.#lastMs ?? nowMs
    this.#lastMs = nowMs
    if (nowMs < lastMs) this.#forget()
    if (nowMs > lastMs + maximumDriftMs) {
      this.#forget()
      this.#askAll()
    }
    return nowMs
  }

  #forget(): void {
    this.#leads.clear()
    this.#unheard = new Set()
  }

  #askAll(): void {
    const { peers, ask } = this.#judges
    const unheard = new Set(peers())
    this.#unheard = unheard
    for (const peer of unheard) {
      ask(peer).then(
        (standing) => this.heard(peer, standing),
        () => unheard.delete(peer),
      )
    }
    this.#ports.timers.after(askedForMs, () => unheard.clear())
  }

  /** Once, and once that it is over. */
  #say(): void {
    const { logger } = this.#ports
    const refusal = this.#unheard.size > 0 ? this.#said : this.#judge()
    if ((refusal === null) === (this.#said === null)) return
    this.#said = refusal
    if (refusal !== null)
      logger.error({ reason: refusal }, 'nothing is written while the clock of this machine is wrong')
    else logger.info({}, 'the clock of this machine agrees with the others again, and writes go on')
  }
}
