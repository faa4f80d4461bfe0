// Takes snapshots in: puts the questions that snapshot-receiver.ts decides on, stages what comes, compares it with a
// second member, and has it installed. Runs on the one node that leads. One thing is under way at a time, each with a
// time limit, so nothing that hangs keeps a region from coming back.

import { hashOfPage, readPage } from '@causeway/db/snapshots/page'
import { type SnapshotDescription, type Snapshots, snapshotLayout } from '@causeway/db/snapshots/snapshots'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { regionOf } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { Hasher, Ports } from '../../ports.ts'
import type { Membership } from '../../recovery/membership.ts'
import { UnfitSnapshot } from './install-snapshot.ts'
import type { SnapshotCalls } from './snapshot-calls.ts'
import { stepSnapshot } from './snapshot-receiver.ts'
import { newSnapshotState, type SnapshotAction, type SnapshotInput, type SnapshotState } from './snapshot-state.ts'
import { type StateCheck, StateDigests } from './state-digests.ts'

/** A peer that has not answered by then counts as away: a page over a slow line takes seconds. */
const callMs = 60_000

export interface SnapshotDriverSetting {
  readonly region: RegionId
  readonly membership: Pick<Membership, 'restorers' | 'limits' | 'isApart' | 'lacksState'>
  readonly ports: Ports
  readonly hasher: () => Hasher
  readonly snapshots: Snapshots
  /** Asks over a connection that need not be a link: a peer whose log is of no use has none. */
  readonly ask: <Answer>(peer: RegionId, put: (calls: SnapshotCalls) => Promise<Answer>) => Promise<Answer>
  /** Rejects with UnfitSnapshot where another one is needed. */
  readonly install: (description: SnapshotDescription) => Promise<void>
}

/** What this node has taken in, and how far it is with what it takes in now. */
export interface SnapshotCounts {
  readonly installedSnapshots: number
  readonly abandonedSnapshots: number
  /** 0 where none is fetched. */
  readonly missingPages: number
}

/** The peer could not be asked, or not in time. */
class Unanswered extends Error {}

function eventsIn(vector: VersionVector): number {
  return Object.values(vector).reduce((sum, sequence) => sum + sequence, 0)
}

/** A snapshot on its way in, for people who watch. */
export interface SnapshotUnderWay {
  readonly from: RegionId
  readonly phase: 'asking' | 'staging' | 'fetching' | 'checking' | 'installing'
  /** Null until the peer has made it. */
  readonly pages: number | null
  readonly received: number
}

export class SnapshotDriver {
  readonly #setting: SnapshotDriverSetting
  #state: SnapshotState = newSnapshotState
  #isLeading = false
  /** What comes of an earlier time of leading is not heard. */
  #term = 0
  #cancelTimer: () => void = () => {}
  #working: Promise<void> = Promise.resolve()
  /** Waits no longer for the peer that is being asked. */
  #abandon: () => void = () => {}
  #description: SnapshotDescription | null = null
  #frontiers: Readonly<Record<RegionId, VersionVector>> = {}
  #moved = ''
  #installed = 0
  #abandoned = 0

  constructor(setting: SnapshotDriverSetting) {
    this.#setting = setting
  }

  get counts(): SnapshotCounts {
    const missingPages = this.#state.phase === 'fetching' ? this.#state.pages - this.#state.next : 0
    return { installedSnapshots: this.#installed, abandonedSnapshots: this.#abandoned, missingPages }
  }

  get underWay(): SnapshotUnderWay | null {
    const state = this.#state
    switch (state.phase) {
      case 'idle':
      case 'resuming':
      case 'resting':
      case 'dropping':
        return null
      case 'asking':
        return { from: state.peer, phase: state.phase, pages: null, received: 0 }
      case 'staging':
        return { from: state.peer, phase: state.phase, pages: state.pages, received: 0 }
      case 'fetching':
        return { from: state.peer, phase: state.phase, pages: state.pages, received: state.next }
      case 'checking':
      case 'installing':
        return { from: state.peer, phase: state.phase, pages: state.pages, received: state.pages }
      default:
        return state satisfies never
    }
  }

  start(): void {
    this.#isLeading = true
    this.#term += 1
    this.#state = newSnapshotState
    this.#input({ type: 'start' })
  }

  /** Resolves when nothing is under way any more. What is staged stays. */
  async stop(): Promise<void> {
    this.#isLeading = false
    this.#cancelTimer()
    this.#abandon()
    await this.#working
  }

  /** The peer's log no longer reaches back to what this region lacks. */
  refused(peer: RegionId): void {
    this.#input({ type: 'refused', peer, events: eventsIn(this.#frontiers[peer] ?? {}) })
  }

  /** The peer has said where it stands; `own` is what is applied here. */
  heard(peer: RegionId, frontier: VersionVector, own: VersionVector): void {
    this.#frontiers = { ...this.#frontiers, [peer]: frontier }
    const events = eventsIn(frontier)
    if (this.#setting.membership.isApart) {
      this.#input({ type: 'apart', peer, events })
      return
    }
    // Sums first: they cost less than a look at each origin, and far behind shows in them.
    if (events - eventsIn(own) <= 0) return
    let behind = 0
    for (const origin in frontier) behind += Math.max(0, sequenceOf(frontier, origin) - sequenceOf(own, origin))
    this.#input({ type: 'behind', peer, events, behind })
  }

  /** The frontier may have grown. */
  moved(own: VersionVector): void {
    if (Object.keys(this.#state.refusals).length === 0) return
    const others = Object.entries(own).filter(([origin]) => regionOf(origin) !== this.#setting.region)
    const now = JSON.stringify(others)
    if (now === this.#moved) return
    this.#moved = now
    this.#input({ type: 'moved' })
  }

  #input(input: SnapshotInput): void {
    if (!this.#isLeading) return
    const { membership, ports } = this.#setting
    // What was begun before goes on while it is not known who may be asked.
    const begins = input.type === 'refused' || input.type === 'behind' || input.type === 'apart'
    if (begins && membership.limits.unheard.length > 0) return
    const circle = { peers: membership.restorers, lacksState: membership.lacksState }
    const { state, actions } = stepSnapshot(this.#state, input, circle, ports.clock.now())
    this.#state = state
    for (const action of actions) this.#act(action)
  }

  #act(action: SnapshotAction): void {
    const { ports } = this.#setting
    switch (action.type) {
      case 'wake':
        this.#cancelTimer()
        this.#cancelTimer = ports.timers.after(action.afterMs, () => this.#input({ type: 'timer' }))
        return
      case 'report':
        ports.logger[action.level]({ region: this.#setting.region }, action.message)
        return
      default:
        this.#cancelTimer()
        this.#working = this.#work(action, this.#term)
    }
  }

  async #work(action: Exclude<SnapshotAction, { type: 'wake' | 'report' }>, term: number): Promise<void> {
    let input: SnapshotInput
    try {
      input = await this.#do(action)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const type = error instanceof UnfitSnapshot ? 'spoiled' : error instanceof Unanswered ? 'unanswered' : 'stuck'
      input = { type, reason }
    }
    if (term === this.#term) this.#input(input)
  }

  async #do(action: Exclude<SnapshotAction, { type: 'wake' | 'report' }>): Promise<SnapshotInput> {
    const { snapshots, install } = this.#setting
    switch (action.type) {
      case 'find': {
        const staged = await snapshots.staged()
        this.#description = staged?.description ?? null
        if (staged === null) return { type: 'found', staged: null }
        const { description, received } = staged
        const { region: peer, id, pages } = description
        return { type: 'found', staged: { peer, id, pages: pages.length, received } }
      }
      case 'ask':
        return await this.#ask(action.peer)
      case 'stage':
        await snapshots.stage(this.#described())
        return { type: 'stored' }
      case 'fetch':
        return await this.#fetch(action.peer, action.id, action.number)
      case 'compare':
        return { type: 'compared', verdict: await this.#compare(action.second) }
      case 'install':
        await install(this.#described())
        this.#installed += 1
        return { type: 'installed' }
      case 'drop':
        await snapshots.unstage()
        this.#abandoned += 1
        return { type: 'dropped' }
      default:
        throw new Error(`unknown action: ${JSON.stringify(action satisfies never)}`)
    }
  }

  async #ask(peer: RegionId): Promise<SnapshotInput> {
    const answer = await this.#call(peer, (calls) => calls.offer(null))
    if (answer.status === 'gone') throw new UnfitSnapshot(`${peer} gives none, for it has left`)
    if (answer.status !== 'ready') return { type: 'making' }
    const { description } = answer
    if (description.layout !== snapshotLayout)
      throw new UnfitSnapshot(
        `${peer} makes snapshots of layout ${description.layout}, this region reads ${snapshotLayout}`,
      )
    if (description.region !== peer) throw new UnfitSnapshot(`${peer} offers a snapshot of ${description.region}`)
    this.#description = description
    return { type: 'offered', id: description.id, pages: description.pages.length }
  }

  async #fetch(peer: RegionId, id: string, number: number): Promise<SnapshotInput> {
    const page = await this.#call(peer, (calls) => calls.page(id, number))
    if (page === null) return { type: 'spoiled', reason: `${peer} no longer keeps the snapshot` }
    if (hashOfPage(page) !== this.#described().pages[number])
      return { type: 'spoiled', reason: `page ${number} of ${peer} is not what was described` }
    await this.#setting.snapshots.stagePage(number, page)
    return { type: 'stored' }
  }

  async #compare(second: RegionId): Promise<Extract<SnapshotInput, { type: 'compared' }>['verdict']> {
    const { head } = this.#described()
    const answer = await this.#call(second, (calls) => calls.check(head.frontier))
    if (answer.status !== 'ready') return answer.status
    return (await this.#isSame(answer.check)) ? 'same' : 'different'
  }

  async #isSame({ touched, digests, chains }: StateCheck): Promise<boolean> {
    const { head, pages } = this.#described()
    for (const [origin, hash] of Object.entries(chains) as [Origin, string][])
      if (head.chainHashes[origin] !== hash) return false
    const own = new StateDigests(this.#setting.hasher, new Set(touched))
    for (let number = 0; number < pages.length; number += 1) {
      const rows = readPage(await this.#setting.snapshots.stagedPage(number))
      if (rows.type !== 'outcomes') own.add(rows)
    }
    return own.digests().join() === digests.join()
  }

  #described(): SnapshotDescription {
    if (this.#description === null) throw new UnfitSnapshot('nothing is known of what is staged')
    return this.#description
  }

  #call<Answer>(peer: RegionId, put: (calls: SnapshotCalls) => Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const cancel = this.#setting.ports.timers.after(callMs, () =>
        reject(new Unanswered(`${peer} has not answered for ${callMs} ms`)),
      )
      this.#abandon = () => reject(new Unanswered('it is waited for no longer'))
      const failed = (error: unknown) => reject(new Unanswered(String(error)))
      this.#setting.ask(peer, put).then(resolve, failed).finally(cancel)
    })
  }
}
