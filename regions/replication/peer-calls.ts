// Questions to peers: over the link where this node holds it, else over a connection of its own, which is opened when it
// is needed and kept while it is used. Only one node of a region holds the links; every node may have to ask.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { FenceLog } from '@causeway/schema/fence/fence-log'
import type { Timers } from '../ports.ts'
import type { Links } from './links.ts'
import type { CommitRange, PeerConnection, PeerHello, RightsReply, RightsRequest, Standing, Transport } from './peer.ts'
import type { SnapshotCalls } from './snapshot/snapshot-calls.ts'

export interface PeerCallsSetting {
  readonly transport: Transport
  readonly timers: Timers
  readonly links: Pick<Links, 'requestRights' | 'standing'>
  readonly hello: (peer: RegionId) => Promise<PeerHello>
  /** True on the node that holds the links. */
  readonly isLeading: () => boolean
}

/** A connection of its own is closed after this long without a question. */
const keptMs = 30_000
/** An answer of some hundred bytes that has not come by then is not waited for. */
const shortAnswerMs = 5_000
/** A giver lets a request wait for up to a second. Who asks waits for half a second more than this: time to ask over a new connection. */
const rightsAnswerMs = 2_000

interface Kept {
  readonly opening: Promise<PeerConnection>
  cancelClose: () => void
}

export class PeerCalls {
  readonly #setting: PeerCallsSetting
  readonly #kept = new Map<RegionId, Kept>()

  constructor(setting: PeerCallsSetting) {
    this.#setting = setting
  }

  requestRights(peer: RegionId, request: RightsRequest): Promise<RightsReply> {
    if (this.#setting.isLeading()) return this.#setting.links.requestRights(peer, request)
    const { timers } = this.#setting
    return this.#call(peer, (connection) => inTime(timers, connection.requestRights(request), rightsAnswerMs))
  }

  standing(peer: RegionId): Promise<Standing> {
    if (this.#setting.isLeading()) return this.#setting.links.standing(peer)
    return this.#call(peer, (connection) => inTime(this.#setting.timers, connection.standing()))
  }

  /** Over a connection of its own, whatever the link to the peer is doing. */
  snapshots<Answer>(peer: RegionId, put: (calls: SnapshotCalls) => Promise<Answer>): Promise<Answer> {
    return this.#call(peer, (connection) => put(connection.snapshots))
  }

  /** The same; null where the peer cannot tell. A connection that brings no answer is dropped. */
  fences(peer: RegionId): Promise<FenceLog | null> {
    return this.#call(peer, (connection) => inTime(this.#setting.timers, connection.fences()))
  }

  commitsOf(peer: RegionId, range: CommitRange): Promise<readonly Uint8Array[]> {
    return this.#call(peer, (connection) => connection.commitsOf(range))
  }

  stop(): void {
    for (const peer of [...this.#kept.keys()]) this.#close(peer)
  }

  /** A connection that was kept may be dead by now: then the question goes over a new one, once. */
  async #call<Answer>(peer: RegionId, put: (connection: PeerConnection) => Promise<Answer>): Promise<Answer> {
    const isKept = this.#kept.has(peer)
    try {
      return await this.#callOnce(peer, put)
    } catch (error) {
      if (!isKept) throw error
      return await this.#callOnce(peer, put)
    }
  }

  async #callOnce<Answer>(peer: RegionId, put: (connection: PeerConnection) => Promise<Answer>): Promise<Answer> {
    const kept = this.#kept.get(peer) ?? this.#open(peer)
    kept.cancelClose()
    try {
      const answer = await put(await kept.opening)
      kept.cancelClose()
      kept.cancelClose = this.#setting.timers.after(keptMs, () => this.#drop(peer, kept))
      return answer
    } catch (error) {
      this.#drop(peer, kept)
      throw error
    }
  }

  #open(peer: RegionId): Kept {
    const { transport, hello } = this.#setting
    const kept: Kept = { opening: hello(peer).then((words) => transport.connect(peer, words)), cancelClose: () => {} }
    this.#kept.set(peer, kept)
    return kept
  }

  #drop(peer: RegionId, kept: Kept): void {
    if (this.#kept.get(peer) === kept) this.#close(peer)
  }

  #close(peer: RegionId): void {
    const kept = this.#kept.get(peer)
    this.#kept.delete(peer)
    kept?.cancelClose()
    // One that never opened has nothing to close.
    kept?.opening.then((connection) => connection.close()).catch(() => undefined)
  }
}

function inTime<Answer>(timers: Timers, answer: Promise<Answer>, limitMs = shortAnswerMs): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`no answer within ${limitMs} ms`))
    const cancel = timers.after(limitMs, late)
    answer.then(resolve, reject).finally(cancel)
  })
}
