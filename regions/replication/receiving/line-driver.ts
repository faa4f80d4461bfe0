// Drives one line of a receiving link: owns its connection, its one timer, the running call of the sink and the
// acknowledgements that go over it. Decides nothing: link-receiver.ts says what happens next, and link-driver.ts which
// lines there are.

import type { RegionId } from '@causeway/schema/clock/origin'
import { LinkFault, LinkRefused, LogDropped } from '../link-fault.ts'
import type { LinksOptions } from '../links.ts'
import type { CommitBatch, Line, PeerConnection } from '../peer.ts'
import { commonVersion, describeNoCommon, protocolVersions, speaksSecondLine, speaksSparingly } from '../versions.ts'
import { Acknowledger, type Urgency } from './acknowledger.ts'
import {
  type BreakCause,
  heardSince,
  type LinkAction,
  type LinkInput,
  type LinkState,
  linkTimes,
  stepLink,
  stoppedLink,
} from './link-receiver.ts'
import type { OwnStalls } from './own-stalls.ts'

export interface LineDriverOptions
  extends Pick<LinksOptions, 'region' | 'transport' | 'ports' | 'hello' | 'onHello' | 'frontier' | 'hashOf'> {
  readonly peer: RegionId
  readonly line: Line
  readonly ownStalls: Pick<OwnStalls, 'since'>
  /** The regions that have working links of their own into this one. */
  readonly direct: () => readonly RegionId[]
  /** A batch or a heartbeat has come, and waits to be taken. */
  readonly onBatch: (batch: CommitBatch) => void
  /** Resolves when the batch is applied or safely buffered; the next batch is handed over only then. */
  readonly take: (batch: CommitBatch) => Promise<void>
  /** How a peer that asks for acknowledgements is told of what it has sent; null where the other line tells it. */
  readonly urgency: () => Urgency | null
  /** The peer has answered what it was told over this line. */
  readonly onAnswer: (roundTripMs: number) => void
  readonly onPhase: (before: LinkState['phase'], after: LinkState['phase']) => void
  /** What the sink could not take on this line. */
  readonly onSinkFailure: (error: unknown) => void
  readonly onDropped: () => void
  /** What came over this line cannot be read, or is not what its origin signed (C6). */
  readonly onFault: (reason: string) => void
}

/** What one connection holds; a later connection has its own, so what comes late from this one finds it closed. */
interface Session {
  open: boolean
  connection: PeerConnection | null
  batches: AsyncIterator<CommitBatch> | null
  /** Came and not yet handed to the sink; bounded by the link's state. */
  inbox: CommitBatch[]
  /** When the timer last rang. */
  receivedBytes: number
}

/** Since the timer last rang, that many are part of a batch: answers and pings are fewer. */
const stirringBytes = 16 * 1024

export class LineDriver {
  readonly #options: LineDriverOptions
  readonly #acknowledger: Acknowledger
  #state: LinkState = stoppedLink
  #session: Session = { open: false, connection: null, batches: null, inbox: [], receivedBytes: 0 }
  #cancelTimer: () => void = () => {}
  /** The sink's running call: never two at once, even over a reconnect. */
  #taking: Promise<void> = Promise.resolve()
  #lastReport = ''

  constructor(options: LineDriverOptions) {
    this.#options = options
    this.#acknowledger = new Acknowledger({
      ports: options.ports,
      region: options.region,
      frontier: options.frontier,
      direct: options.direct,
      // One that cannot ask is told at once.
      urgency: () => (this.#isSparing ? options.urgency() : 'now'),
      send: async (frontier, direct) => {
        await this.#session.connection?.acknowledge(frontier, direct)
      },
      onAnswer: options.onAnswer,
      onFailure: (error) => this.#broken(this.#session, 'closed', error),
    })
  }

  get state(): LinkState {
    return this.#state
  }

  /** The open connection; null while there is none. */
  get connection(): PeerConnection | null {
    return this.#state.phase === 'streaming' ? this.#session.connection : null
  }

  /** False while the line is not open, too. */
  get speaksSecondLine(): boolean {
    const { connection } = this
    return connection !== null && speaksSecondLine(connection.hello.versions)
  }

  get #isSparing(): boolean {
    const { connection } = this
    return connection !== null && speaksSparingly(connection.hello.versions)
  }

  start(): void {
    this.#input({ type: 'start' })
  }

  resume(): void {
    this.#input({ type: 'resume' })
  }

  seen(): void {
    this.#input({ type: 'seen' })
  }

  /** The other line's batch could not be applied: what this one brought of the same counts as lost, too. */
  sinkFailed(error: unknown): void {
    this.#broken(this.#session, 'sink', error)
  }

  async stop(): Promise<void> {
    this.#input({ type: 'stop' })
    await this.#taking
  }

  /** The frontier, or what is direct, may have changed: the peer is to know. */
  acknowledge(): void {
    if (this.#state.phase === 'streaming') this.#acknowledger.due()
  }

  #input(input: LinkInput): void {
    const { clock, random } = this.#options.ports
    const before = this.#state.phase
    const { state, actions } = stepLink(this.#state, input, clock.now(), random.unit())
    this.#state = state
    for (const action of actions) this.#act(action)
    if (state.phase !== before) this.#options.onPhase(before, state.phase)
  }

  #act(action: LinkAction): void {
    switch (action.type) {
      case 'connect':
        this.#session = { open: true, connection: null, batches: null, inbox: [], receivedBytes: 0 }
        void this.#connect(this.#session)
        return
      case 'subscribe':
        this.#subscribe(this.#session)
        return
      case 'pull':
        void this.#pull(this.#session)
        return
      case 'take':
        this.#taking = this.#take(this.#session, this.#taking)
        return
      case 'disconnect':
        this.#disconnect(this.#session)
        return
      case 'wake':
        this.#cancelTimer()
        this.#cancelTimer = this.#options.ports.timers.after(action.afterMs, () => this.#ring(this.#session))
        return
      case 'sleep':
        this.#cancelTimer()
        return
      case 'report':
        this.#report(action)
        return
      default:
        throw new Error(`unknown action: ${JSON.stringify(action satisfies never)}`)
    }
  }

  #ring(session: Session): void {
    const receivedBytes = session.connection?.receivedBytes?.() ?? 0
    if (receivedBytes - session.receivedBytes >= stirringBytes) this.#input({ type: 'stirring' })
    session.receivedBytes = receivedBytes
    const nowMs = this.#options.ports.clock.now()
    const { ownStalls } = this.#options
    const stoodStillMs = ownStalls.since(heardSince(this.#state, nowMs))
    this.#input({ type: 'timer', stoodStillMs, latelyMs: ownStalls.since(nowMs - linkTimes.lastCallMs) })
  }

  async #connect(session: Session): Promise<void> {
    const { peer, transport, hello, onHello } = this.#options
    try {
      const connection = await transport.connect(peer, await hello(peer))
      session.connection = connection
      if (!session.open) {
        connection.close()
        return
      }
      if (connection.hello.region !== peer) {
        throw new LinkRefused(
          `${connection.hello.region} answers where ${peer} was expected: check the peers' addresses`,
        )
      }
      const { versions } = connection.hello
      if (commonVersion(versions, protocolVersions) === null) {
        throw new LinkRefused(describeNoCommon(peer, versions, this.#options.region, protocolVersions))
      }
      // The peer's nodes are upgraded one by one: the second line may meet another one than the main line.
      if (this.#options.line === 'second' && !speaksSecondLine(versions)) {
        throw new LinkRefused(`${peer} serves no second line yet`)
      }
      await onHello(connection.hello)
      if (session.open) this.#input({ type: 'connected' })
    } catch (error) {
      this.#broken(session, error instanceof LinkRefused ? 'refused' : 'unreachable', error)
    }
  }

  #subscribe(session: Session): void {
    if (session.connection === null) return
    const after = this.#options.frontier()
    const direct = this.#options.direct()
    this.#acknowledger.begin(after, direct)
    session.batches = session.connection
      .commits(after, direct, this.#options.line, this.#options.hashOf)
      [Symbol.asyncIterator]()
  }

  async #pull(session: Session): Promise<void> {
    try {
      const next = await session.batches?.next()
      if (!session.open || next === undefined) return
      if (next.done === true) throw new Error('the peer ended the stream')
      this.#options.onBatch(next.value)
      if (next.value.commits.length > 0) session.inbox.push(next.value)
      this.#input({ type: next.value.commits.length > 0 ? 'batch' : 'heartbeat' })
    } catch (error) {
      this.#broken(session, pullCause(error), error)
      if (error instanceof LogDropped) this.#options.onDropped()
    }
  }

  /** After what the sink has of an earlier connection: it is never called twice at once. */
  async #take(session: Session, before: Promise<void>): Promise<void> {
    await before
    if (!session.open) return
    // What came while this waited may have been handed on with what came before it: then there is nothing left to take.
    const batch = mergeBatches(session.inbox.splice(0))
    try {
      if (batch !== null) await this.#options.take(batch)
      if (session.open) this.#input({ type: 'taken' })
    } catch (error) {
      this.#broken(session, error instanceof LinkFault ? 'blamed' : 'sink', error)
      if (!(error instanceof LinkFault)) this.#options.onSinkFailure(error)
    }
  }

  #disconnect(session: Session): void {
    session.open = false
    this.#acknowledger.end()
    // Ending an iterator whose source is gone may fail; there is nothing left to end then.
    session.batches?.return?.().catch(() => {})
    session.connection?.close()
  }

  #broken(session: Session, cause: BreakCause, error: unknown): void {
    if (!session.open) return
    const reason = error instanceof Error ? error.message : String(error)
    if (cause === 'blamed') this.#options.onFault(reason)
    this.#input({ type: 'broken', cause, reason })
  }

  /** Says each new reason once; the same one again and again only to those who listen for it. */
  #report(action: Extract<LinkAction, { type: 'report' }>): void {
    const { peer, line, ports } = this.#options
    const { cause, reason, retryInMs } = action
    const fields = { peer, line, cause, reason, retryInMs }
    const report = `${cause}: ${reason}`
    const name = line === 'main' ? 'replication link' : 'second line of the replication link'
    const message = `${name} from ${peer} broke (${report}), opening it again in ${retryInMs} ms`
    if (report === this.#lastReport) ports.logger.debug(fields, message)
    else if (cause === 'blamed' || (cause === 'refused' && line === 'main')) ports.logger.error(fields, message)
    else ports.logger.warn(fields, message)
    this.#lastReport = report
  }
}

function pullCause(error: unknown): BreakCause {
  if (error instanceof LogDropped) return 'dropped'
  return error instanceof LinkFault ? 'blamed' : 'closed'
}

/** One batch of all commits, in order, with the newest word of the peer. */
function mergeBatches(batches: readonly CommitBatch[]): CommitBatch | null {
  const last = batches.at(-1)
  if (last === undefined || batches.length === 1) return last ?? null
  const events = batches.reduce((sum, batch) => sum + batch.events, 0)
  return { ...last, events, commits: batches.flatMap((batch) => batch.commits) }
}
