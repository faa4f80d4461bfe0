// Drives one receiving link: its two lines, what it measures and counts. A link lives while either line does; what the
// second one may lack, the main one brings. Decides nothing: second-line.ts says when there is a second line.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { LinkCounts, LinkStatus } from '../../region.ts'
import type { LinksOptions } from '../links.ts'
import type { CommitBatch, Line, PeerConnection } from '../peer.ts'
import type { Urgency } from './acknowledger.ts'
import { LineDriver } from './line-driver.ts'
import { emptyMeter, type MeterState, meterApplied, meterHeard, meterTaken, readMeter } from './link-meter.ts'
import { type LinkState, linkTimes } from './link-receiver.ts'
import type { OwnStalls } from './own-stalls.ts'
import { decideSecondLine, measureDistance, unknownDistance, wantsSecondLine } from './second-line.ts'

export interface LinkDriverOptions extends LinksOptions {
  readonly peer: RegionId
  readonly ownStalls: Pick<OwnStalls, 'since'>
  /** The regions that have working links of their own into this one. */
  readonly direct: () => readonly RegionId[]
  /** The phase of the main line has changed, and with it perhaps what `direct` answers. */
  readonly onPhase: () => void
}

type Phase = LinkState['phase']

/** A reason may quote what a peer sent. */
const longestFault = 500

/** Of commits that have come and are not acknowledged: more is told at once, for the sender's window fills. */
const unaskedBytes = 32 * 1024

const noCounts: LinkCounts = {
  ...{ batches: 0, commits: 0, bytes: 0, events: 0, failures: 0, breaks: 0, faults: 0 },
  ...{ secondBatches: 0, secondFailures: 0, secondBreaks: 0 },
}

export class LinkDriver {
  readonly #options: LinkDriverOptions
  readonly #main: LineDriver
  readonly #second: LineDriver
  #meter: MeterState = emptyMeter
  #counts: LinkCounts = noCounts
  #distance = unknownDistance
  #lastFault: string | null = null
  /** When the peer last asked for acknowledgements. */
  #askedMs = Number.NEGATIVE_INFINITY
  /** Of commits, since the peer last answered what it was told. */
  #untoldBytes = 0

  constructor(options: LinkDriverOptions) {
    this.#options = options
    this.#main = this.#lineDriver('main')
    this.#second = this.#lineDriver('second')
  }

  get peer(): RegionId {
    return this.#options.peer
  }

  /** True while all commits come, or at the first try, when there is no reason to expect that they will not. */
  get expected(): boolean {
    const { state } = this.#main
    return state.phase === 'streaming' || (state.phase === 'connecting' && state.attempt === 0)
  }

  start(): void {
    this.#main.start()
  }

  resume(): void {
    this.#main.resume()
  }

  seen(): void {
    this.#main.seen()
  }

  async stop(): Promise<void> {
    await Promise.all([this.#main.stop(), this.#second.stop()])
  }

  /** The frontier, or what is direct, may have changed: the peer is to know. */
  acknowledge(): void {
    this.#meter = meterApplied(this.#meter, this.#options.frontier())
    this.#main.acknowledge()
    this.#second.acknowledge()
  }

  /** Of the lines that are open, the main one first. */
  connections(): readonly PeerConnection[] {
    return [this.#main.connection, this.#second.connection].filter((connection) => connection !== null)
  }

  status(): LinkStatus {
    const lines = this.connections().length
    const reading = readMeter(this.#meter, this.#options.frontier(), lines > 0, this.#options.ports.clock.now())
    const { peer: from, region: to } = this.#options
    return { from, to, connected: lines > 0, lines, ...reading, counts: this.#counts, lastFault: this.#lastFault }
  }

  #lineDriver(line: Line): LineDriver {
    const { peer, sink, dropped } = this.#options
    return new LineDriver({
      ...this.#options,
      line,
      onBatch: (batch) => this.#measure(line, batch),
      take: async (batch) => {
        await sink(peer, batch)
        if (this.#counting(line)) {
          this.#meter = meterTaken(this.#meter, batch.commits.length)
          for (const { length } of batch.commits) this.#untoldBytes += length
        }
        this.acknowledge()
      },
      // What the gate took from the second line it no longer takes from the main one: that has to bring it again.
      onSinkFailure: (error) => {
        if (line === 'second') this.#main.sinkFailed(error)
      },
      urgency: () => this.#urgency(line),
      onAnswer: (roundTripMs) => {
        this.#untoldBytes = 0
        if (line === 'main') this.#answered(roundTripMs)
      },
      onPhase: (before, after) => this.#onPhase(line, before, after),
      onDropped: () => dropped?.(peer),
      onFault: (reason) => {
        this.#count({ faults: 1 })
        this.#lastFault = `C6: ${reason}`.slice(0, longestFault)
      },
    })
  }

  /** The second line tells along with the main one only what hurries: a stall of one of them is not to hold that up. */
  #urgency(line: Line): Urgency | null {
    const sinceMs = Math.abs(this.#options.ports.clock.now() - this.#askedMs)
    const isPressing = sinceMs < linkTimes.askedForMs || this.#untoldBytes > unaskedBytes
    if (isPressing || this.#wantsSecondLine === null) return 'now'
    return line === 'second' && this.#main.state.phase === 'streaming' ? null : 'along'
  }

  #onPhase(line: Line, before: Phase, after: Phase): void {
    if (before === 'streaming' && after !== 'streaming' && after !== 'stopped') {
      this.#count(line === 'main' ? { breaks: 1 } : { secondBreaks: 1 })
    } else if (before === 'connecting' && after === 'waiting') {
      this.#count(line === 'main' ? { failures: 1 } : { secondFailures: 1 })
    }
    if (line === 'main' && after === 'streaming') this.#distance = unknownDistance
    this.#decideSecondLine()
    if (line === 'main') this.#options.onPhase()
  }

  #answered(roundTripMs: number): void {
    this.#distance = measureDistance(this.#distance, roundTripMs)
    this.#decideSecondLine()
  }

  /** Null while the answers to what the peer is told do not say yet. */
  get #wantsSecondLine(): boolean | null {
    return wantsSecondLine(this.#options.secondLines ?? 'far', this.#main.speaksSecondLine, this.#distance)
  }

  #decideSecondLine(): void {
    const { state } = this.#main
    switch (decideSecondLine(state.phase, this.#second.state.phase, this.#wantsSecondLine)) {
      case 'start':
        this.#second.start()
        return
      case 'stop':
        // Stopping changes the phase, which asks again, and is answered that all is as it should be.
        void this.#second.stop()
        return
      case 'leave':
    }
  }

  /** All commits come over the main line: it counts them, and the second one only while it is alone. */
  #counting(line: Line): boolean {
    return line === 'main' || this.#main.state.phase !== 'streaming'
  }

  #measure(line: Line, batch: CommitBatch): void {
    let bytes = batch.wireBytes ?? 0
    if (batch.wireBytes === undefined) for (const commit of batch.commits) bytes += commit.length
    const { frontier, time, commits } = batch
    const counting = this.#counting(line)
    const heard = {
      word: frontier && time && { peerFrontier: frontier, peerMs: time.wallMs },
      ...{ bytes, hasCommits: commits.length > 0 },
      events: counting ? batch.events : 0,
      behind: counting && frontier !== null ? batch.behind : null,
    }
    this.#meter = meterHeard(this.#meter, heard, this.#options.ports.clock.now())
    this.#meter = meterApplied(this.#meter, this.#options.frontier())
    const batches = commits.length > 0 ? 1 : 0
    const carried = line === 'main' ? { bytes, batches } : { bytes, secondBatches: batches }
    this.#count(counting ? { ...carried, commits: commits.length, events: batch.events } : carried)
    if (batch.asks === true) {
      this.#askedMs = this.#options.ports.clock.now()
      this.acknowledge()
    }
    if (frontier !== null && time !== null) this.#options.heard?.(this.#options.peer, { frontier, time })
  }

  #count(more: Partial<LinkCounts>): void {
    const counts = { ...this.#counts }
    let name: keyof LinkCounts
    for (name in more) counts[name] += more[name] ?? 0
    this.#counts = counts
  }
}
