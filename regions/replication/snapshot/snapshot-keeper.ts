// The serving side of snapshots: makes one when a peer asks, keeps it for all who do, hands out its pages one at a time,
// and says what this region holds where a snapshot of another one is to be checked. All reads are paced (store port), and
// one thing is made at a time, so that a peer far behind costs this region little (C5).

import type { SnapshotDescription } from '@causeway/db/snapshots/snapshots'
import { snapshotLayout } from '@causeway/db/snapshots/snapshots'
import { type Head, type Store, StoreError } from '@causeway/db/store'
import type { Origin } from '@causeway/schema/clock/origin'
import { covers, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { readCommit } from '@causeway/schema/commit/codec'
import { touchedBy } from '../../committer/apply.ts'
import { canonical } from '../../committer/keys.ts'
import type { Hasher, Ports } from '../../ports.ts'
import type { Membership } from '../../recovery/membership.ts'
import type { CheckAnswer, SnapshotAnswer } from './snapshot-calls.ts'
import { homeKinds, type StateCheck, StateDigests } from './state-digests.ts'

/** A snapshot that is younger serves the next peer, too. */
const reuseMs = 600_000
/** One that a peer is fetching is kept; it is dropped when nobody has fetched from it for so long. */
const idleMs = 1_800_000
/** What commits beyond a frontier have touched; a member that is further ahead cannot tell what it held there. */
export const maximumTouched = 100_000
const readBytes = 1024 * 1024
/** What was found is kept until its asker, who asks every second, has heard it; for one that is gone no longer than this. */
const untoldMs = 10_000

export interface KeeperSetting {
  readonly store: Pick<Store, 'head' | 'snapshots' | 'history' | 'lease' | 'commitsAfterVector'>
  readonly ports: Ports
  readonly hasher: () => Hasher
  readonly membership: Pick<Membership, 'lacksState' | 'end'>
}

interface Look {
  readonly frontier: string
  /** Null while it is under way, or where it has failed. */
  answer: CheckAnswer | null
  endedMs: number
  isTold: boolean
}

export class SnapshotKeeper {
  /** By this node. */
  made = 0
  readonly #setting: KeeperSetting
  #isMaking = false
  #fetchedMs = Number.NEGATIVE_INFINITY
  #look: Look | null = null
  #cancelDrop: (() => void) | null = null
  #isStopped = false

  constructor(setting: KeeperSetting) {
    this.#setting = setting
  }

  /** `id`: of the one that the peer has begun to fetch; null for any. */
  async offer(id: string | null): Promise<SnapshotAnswer> {
    const { store, membership } = this.#setting
    // What it holds is what it brings back, and nobody else may have it (S7). Who asks does not know yet that it has left.
    if (membership.end === 'retired') return { status: 'gone' }
    const [made, floor] = [await store.snapshots.made(), await store.history.floor()]
    // The log must go on where it ends.
    const isUsable = made !== null && made.layout === snapshotLayout && covers(made.head.frontier, floor.vector)
    if (id !== null) return isUsable && made.id === id ? this.#ready(made) : { status: 'gone' }
    if (isUsable && this.#isFresh(made)) return this.#ready(made)
    void this.#make()
    return { status: 'making' }
  }

  async page(id: string, number: number): Promise<Uint8Array | null> {
    this.#fetchedMs = this.#now()
    this.#dropLater()
    return await this.#setting.store.snapshots.page(id, number)
  }

  /**
   * What this region holds of what stands at `frontier`. Looks once for each; who asks meanwhile asks again. One answer is kept:
   * members that ask about several frontiers by turns get theirs one after the other.
   */
  async check(frontier: VersionVector): Promise<CheckAnswer> {
    const { store, membership } = this.#setting
    // Who has lost what it knew can say nothing against what it has not heard of, nor can who has left and hears of nothing more.
    if (!covers((await store.head()).frontier, frontier))
      return { status: membership.lacksState || membership.end === 'retired' ? 'unable' : 'behind' }
    const key = canonical(frontier)
    const known = this.#look
    if (known?.frontier === key) {
      known.isTold = known.answer !== null
      return known.answer ?? { status: 'making' }
    }
    if (known !== null && this.#isAwaited(known)) return { status: 'making' }
    const look: Look = { frontier: key, answer: null, endedMs: 0, isTold: false }
    this.#look = look
    void this.#lookThrough(look, frontier)
    return { status: 'making' }
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelDrop?.()
  }

  #ready(description: SnapshotDescription): SnapshotAnswer {
    this.#dropLater()
    return { status: 'ready', description }
  }

  #isFresh({ madeMs }: SnapshotDescription): boolean {
    const now = this.#now()
    return Math.abs(now - madeMs) < reuseMs || now - this.#fetchedMs < reuseMs
  }

  /** Somebody is to hear it yet. */
  #isAwaited({ answer, isTold, endedMs }: Look): boolean {
    return answer === null || (!isTold && Math.abs(this.#now() - endedMs) < untoldMs)
  }

  async #make(): Promise<void> {
    if (this.#isMaking || this.#isStopped) return
    this.#isMaking = true
    const { store, ports } = this.#setting
    try {
      const lease = await store.lease('snapshot')
      // Another node of the region is at it.
      if (lease === null) return
      try {
        const id = Buffer.from(ports.random.bytes(16)).toString('hex')
        const made = await store.snapshots.make({ id, madeMs: this.#now(), exceptKinds: homeKinds })
        this.made += 1
        const { pages, bytes } = made
        ports.logger.info({ id, pages: pages.length, bytes }, 'a snapshot is made for a peer that is far behind')
        this.#dropLater()
      } finally {
        await lease.release()
      }
    } catch (error) {
      ports.logger.warn({ error: String(error) }, 'a snapshot could not be made; the peer will ask again')
    } finally {
      this.#isMaking = false
    }
  }

  #dropLater(): void {
    const { store, ports } = this.#setting
    this.#cancelDrop?.()
    if (this.#isStopped) return
    this.#cancelDrop = ports.timers.after(idleMs, () => {
      store.snapshots.drop().catch((error: unknown) => {
        ports.logger.warn({ error: String(error) }, 'a snapshot that nobody fetches could not be dropped')
      })
    })
  }

  async #lookThrough(look: Look, frontier: VersionVector): Promise<void> {
    try {
      look.answer = await this.#lookOnce(frontier)
      look.endedMs = this.#now()
    } catch (error) {
      this.#setting.ports.logger.warn({ error: String(error) }, 'the state could not be looked through for a peer')
      if (this.#look === look) this.#look = null
    }
  }

  async #lookOnce(frontier: VersionVector): Promise<CheckAnswer> {
    const { store, hasher } = this.#setting
    const seen: { digests?: StateDigests; touched?: ReadonlySet<string> | null; chains?: StateCheck['chains'] } = {}
    const begin = async (head: Head) => {
      seen.touched = await this.#touchedSince(frontier, head)
      if (seen.touched === null) return
      seen.chains = await this.#chainsAt(frontier, head)
      seen.digests = new StateDigests(hasher, seen.touched)
    }
    await store.snapshots.read(homeKinds, begin, (rows) => seen.digests?.add(rows))
    const { digests, touched, chains } = seen
    if (!digests || !touched || !chains) return { status: 'unable' }
    return { status: 'ready', check: { touched: [...touched], digests: digests.digests(), chains } }
  }

  /** What has been applied here beyond the frontier, up to `head` at least. */
  async #touchedSince(frontier: VersionVector, head: Head): Promise<ReadonlySet<string> | null> {
    const touched = new Set<string>()
    try {
      for (let position = 0; ; ) {
        const found = await this.#setting.store.commitsAfterVector(frontier, position, readBytes)
        for (const { commit } of found) for (const key of touchedBy(readCommit(commit))) touched.add(key)
        if (touched.size > maximumTouched) return null
        const last = found.at(-1)
        if (last === undefined || last.position >= head.position) return touched
        position = last.position + 1
      }
    } catch (error) {
      if (error instanceof StoreError && error.code === 'LOG_DROPPED') return null
      throw error
    }
  }

  /** Of each origin the hash at which the frontier ends, where the log still holds it. */
  async #chainsAt(frontier: VersionVector, head: Head): Promise<StateCheck['chains']> {
    const chains: Record<Origin, string> = {}
    for (const origin of Object.keys(frontier)) {
      const hash = await this.#hashAt(origin, sequenceOf(frontier, origin), head)
      if (hash) chains[origin] = Buffer.from(hash).toString('hex')
    }
    return chains
  }

  async #hashAt(origin: Origin, sequence: number, head: Head): Promise<Uint8Array | undefined> {
    if (sequenceOf(head.frontier, origin) === sequence) return head.chainHashes[origin]
    try {
      const before = { ...head.frontier, [origin]: sequence - 1 }
      const [stored] = await this.#setting.store.commitsAfterVector(before, 0, 1)
      return stored?.commit.origin === origin && stored.commit.lastSequence === sequence
        ? stored.commit.hash
        : undefined
    } catch (error) {
      if (error instanceof StoreError && error.code === 'LOG_DROPPED') return undefined
      throw error
    }
  }

  #now(): number {
    return this.#setting.ports.clock.now()
  }
}
