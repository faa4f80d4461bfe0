// A small cluster that does nothing but write, retire and fence: the decision under every order of arrival, without links
// and stores. Commits carry what real ones do as far as fences go.

import { incarnationOf, makeOrigin, type Origin, type RegionId } from '../clock/origin.ts'
import { advance, sequenceOf, type VersionVector } from '../clock/version-vector.ts'
import type { CommitEvent } from '../commit/commit.ts'
import {
  type FenceLog,
  type FenceTarget,
  fencedEvent,
  isTarget,
  mergeFences,
  noFences,
  retiredEvent,
  targetKey,
  withFencesOf,
} from './fence-log.ts'
import {
  activeMembers,
  decideFences,
  type Fences,
  heightOf,
  heldOf,
  isHeeded,
  isPlainRetire,
  limitOf,
  wordOf,
} from './fences.ts'
import { isWhole } from './fencing.ts'
import { dueVotes, putOffOf } from './put-off.ts'

export interface ModelCommit {
  readonly origin: Origin
  readonly firstSequence: number
  readonly clock: VersionVector
  readonly time: { readonly wallMs: number; readonly counter: number }
  readonly events: readonly CommitEvent[]
}

/** What a backup of a region holds. */
export interface ModelCopy {
  readonly frontier: VersionVector
  readonly log: FenceLog
}

export class ModelRegion {
  readonly id: RegionId
  origin: Origin
  frontier: VersionVector = {}
  log: FenceLog = noFences
  /** Hybrid: later than all that it has applied. */
  #timeMs = 0
  /** Its own last clock. */
  #shown: VersionVector = {}
  readonly #members: readonly RegionId[]

  constructor(id: RegionId, members: readonly RegionId[]) {
    this.id = id
    this.origin = id
    this.#members = members
  }

  get fences(): Fences {
    return decideFences(this.log, this.#members)
  }

  get active(): readonly RegionId[] {
    return activeMembers(this.fences, this.#members, this.frontier)
  }

  write(events: readonly Pick<CommitEvent, 'type' | 'data'>[], wallMs: number): ModelCommit | null {
    if (heightOf(this.fences, this.origin) !== null) return null
    const commit: ModelCommit = {
      origin: this.origin,
      firstSequence: sequenceOf(this.frontier, this.origin) + 1,
      clock: this.frontier,
      time: { wallMs: Math.max(wallMs, this.#timeMs + 1), counter: 0 },
      events: events.map((event) => ({ ...event, entityId: 'x', placement: 'everywhere' })),
    }
    this.#take(commit)
    this.#shown = commit.clock
    return commit
  }

  retire(region: RegionId, overrides: boolean, wallMs: number): ModelCommit | null {
    const { decided, open } = this.fences
    const target = { region, before: null }
    const key = targetKey(target)
    const known = [...decided, ...open].find((fence) => fence.key === key)
    const isNew = known === undefined || (overrides && !known.retires.some((retire) => retire.overrides))
    if (region === this.id || !isNew) return null
    if (!overrides && !isPlainRetire(this.fences, region)) return null
    return this.#retire(target, overrides, wallMs)
  }

  /** Goes on from a copy under its next incarnation, and retires what it wrote before (W8). */
  restore({ frontier, log }: ModelCopy, wallMs: number): ModelCommit | null {
    const before = incarnationOf(this.origin) + 1
    this.origin = makeOrigin(this.id, before)
    this.frontier = frontier
    this.log = log
    this.#shown = {}
    return this.#retire({ region: this.id, before }, false, wallMs)
  }

  #retire(target: FenceTarget, overrides: boolean, wallMs: number): ModelCommit | null {
    const word = overrides ? `${targetKey(target)}!` : targetKey(target)
    const data = {
      ...target,
      overrides,
      members: this.fences.members,
      known: [target.region],
      targets: [word],
      held: heldOf(this.fences, this.frontier, [target]),
    }
    return this.write([{ type: retiredEvent, data }], wallMs)
  }

  /** As idle members do: of what says something of fences, for what one has written only others can bring on. */
  acknowledge(wallMs: number): ModelCommit | null {
    const { votes } = this.log
    const isNews = votes.some(({ by, sequence }) => by !== this.origin && sequence > sequenceOf(this.#shown, by))
    return isNews ? this.write([{ type: 'origin.acknowledged', data: {} }], wallMs) : null
  }

  /** `told`: what others know of fences. */
  vote(wallMs: number, told: FenceLog): ModelCommit | null {
    const owed = dueVotes(this, this.id)
    const isPutOff = this.#logs(told).some((log) => putOffOf(this, this.id, this.#knownOf(log)) !== null)
    if (owed.length === 0 || isPutOff) return null
    const data = { targets: owed.map(wordOf), held: heldOf(this.fences, this.frontier) }
    return this.write([{ type: fencedEvent, data }], wallMs)
  }

  /** `pool`: what anybody may bring. `told`: what others know of fences. True where it was applied. */
  offer(commit: ModelCommit, pool: readonly ModelCommit[], told: FenceLog): boolean {
    const { origin, firstSequence, clock } = commit
    if (sequenceOf(this.frontier, origin) !== firstSequence - 1 || heightOf(this.fences, this.origin) !== null)
      return false
    for (const named in clock) if (sequenceOf(this.frontier, named) < sequenceOf(clock, named)) return false
    if (this.#logs(told).some((log) => this.#isBeyond(log, commit, pool))) return false
    this.#take(commit)
    return true
  }

  #isBeyond(log: FenceLog, { origin, firstSequence }: ModelCommit, pool: readonly ModelCommit[]): boolean {
    const { fences } = this.#knownOf(log)
    const limit = limitOf(log, fences, this.id, origin)
    if (limit === null || firstSequence <= limit) return false
    if (fences.decided.some(({ target }) => isTarget(target, origin))) return true
    return !pool.some(
      (one) =>
        one.origin !== origin &&
        isHeeded(log, fences, this.id, one.origin) &&
        sequenceOf(one.clock, origin) >= firstSequence,
    )
  }

  /** A restored region goes by what others tell as well, for it may have forgotten a word of its own. */
  #logs(told: FenceLog): readonly FenceLog[] {
    const isForgetful = !isWhole({ fences: this.fences, frontier: this.frontier, chainHashes: {} }, this.origin)
    return isForgetful ? [this.log, mergeFences(this.log, told)] : [this.log]
  }

  #knownOf(log: FenceLog) {
    return { log, fences: decideFences(log, this.#members) }
  }

  #take(commit: ModelCommit): void {
    this.#timeMs = Math.max(this.#timeMs, commit.time.wallMs)
    this.frontier = advance(this.frontier, commit.origin, commit.firstSequence)
    this.log = withFencesOf(this.log, commit)
  }
}

export class ModelCluster {
  readonly regions: readonly ModelRegion[]
  /** Of each region, what it could bring: all that it has applied. */
  readonly commits: ModelCommit[] = []
  #now = 1

  constructor(members: readonly RegionId[]) {
    this.regions = members.map((id) => new ModelRegion(id, members))
  }

  at(index: number): ModelRegion {
    const region = this.regions[index % this.regions.length]
    if (region === undefined) throw new RangeError('a cluster has regions')
    return region
  }

  /** `skewMs` moves the writer's clock: of two that do not know each other the lower need not be the earlier. */
  do(act: (region: ModelRegion, wallMs: number) => ModelCommit | null, index: number, skewMs = 0): void {
    this.#now += 1
    const commit = act(this.at(index), this.#now + skewMs)
    if (commit !== null) this.commits.push(commit)
  }

  vote(index: number): void {
    this.do((region, wallMs) => region.vote(wallMs, this.told), index)
  }

  /** One commit that `from` holds and `to` does not, the nth of those that fit. */
  deliver(from: number, to: number, nth: number): void {
    const [giver, taker] = [this.at(from), this.at(to)]
    const held = this.commits.filter(({ origin, firstSequence }) => firstSequence <= sequenceOf(giver.frontier, origin))
    const lacking = held.filter(({ origin, firstSequence }) => firstSequence > sequenceOf(taker.frontier, origin))
    for (let step = 0; step < lacking.length; step += 1) {
      const commit = lacking[(nth + step) % lacking.length]
      if (commit !== undefined && taker.offer(commit, lacking, this.told)) return
    }
  }

  /** Of whole regions. */
  get retires(): number {
    const isRetire = ({ type, data }: CommitEvent) => type === retiredEvent && data.before === null
    return this.commits.filter(({ events }) => events.some(isRetire)).length
  }

  /** What is said of fences by anybody. */
  get told(): FenceLog {
    return this.regions.map(({ log }) => log).reduce(mergeFences, noFences)
  }

  /** All that can be delivered and voted among `alive`, until nothing moves. */
  settle(alive: readonly number[]): void {
    for (let moved = true; moved; ) {
      const before = this.#stateOf()
      for (const to of alive) {
        for (const from of alive) for (let turn = 0; turn < 3; turn += 1) this.deliver(from, to, turn)
        this.vote(to)
        this.do((region, wallMs) => region.acknowledge(wallMs), to)
      }
      moved = this.#stateOf() !== before
    }
  }

  #stateOf(): string {
    return JSON.stringify(this.regions.map(({ frontier }) => frontier))
  }
}

/** Those that no fence stands before, by anybody's word who is not fenced herself as far as she knows. */
export function stayingIn(cluster: ModelCluster, alive: readonly number[]): readonly ModelRegion[] {
  const regions = alive.map((index) => cluster.at(index))
  return regions.filter(({ id }) => !regions.some(({ fences }) => fences.decided.some(({ key }) => key === id)))
}
