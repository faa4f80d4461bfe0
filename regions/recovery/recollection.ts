// What a region that was restored from an older copy may have forgotten of fences (S7): under its life before it may have said
// how far it holds what some other region wrote, and that it will apply no more of it. Until it is whole again (W8) it asks every
// other region what is known of fences, again and again. Of what it hears it believes only what keeps it from applying
// something (fence-limits.ts): nothing is written or taken over because of it. And it believes only what is told still: what a peer
// knew before it lost its disk, too, and no other one tells, is gone (lost-words.ts), and all that stood on it. On the leading node.

import type { Head } from '@causeway/db/store'
import { type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { type FenceLog, mergeFences, noFences } from '@causeway/schema/fence/fence-log'
import { findUnordered, type Operators } from '@causeway/schema/fence/order'
import type { Ports } from '../ports.ts'
import type { LostWords } from './lost-words.ts'

/** What others have told of fences to this life of a region, and who has. */
export interface Recalled {
  readonly origin: Origin
  readonly log: FenceLog
  readonly heard: ReadonlySet<RegionId>
}

export interface RecollectionSetting {
  readonly ports: Pick<Ports, 'timers' | 'logger'>
  /** Every other region of the configuration. */
  readonly peers: readonly RegionId[]
  readonly head: () => Head
  /** A retire that none of them has ordered is not believed, whoever tells of it. */
  readonly operators: Operators | null
  /** Something may have been forgotten, as far as is known here. */
  readonly isNeeded: () => boolean
  /** Who is yet to tell before anything new of others is applied. */
  readonly unheard: () => readonly RegionId[]
  /** Null where the peer speaks a version in which it cannot tell. Rejects where it cannot be asked. */
  readonly ask: (peer: RegionId) => Promise<FenceLog | null>
  /** Something was told that was not known before, or is told no more. */
  readonly told: () => void
  readonly lostWords: LostWords
}

/** Doubled each time that nothing new was told. */
const shortestPauseMs = 250
const longestPauseMs = 2_000
/** Of further ones nothing is said. */
const maximumDoubted = 100

export class Recollection {
  readonly #setting: RecollectionSetting
  #recalled: Recalled | null = null
  /** What each has told last, to this life of the region. */
  #told: ReadonlyMap<RegionId, FenceLog> = new Map()
  readonly #asked = new Set<RegionId>()
  #isActive = false
  #cancel: (() => void) | null = null
  #pauseMs = shortestPauseMs
  /** Retires of which it has been said that they are not believed. */
  readonly #doubted = new Set<string>()
  /** For whom it has been said that it waits, and whom alone it goes by. */
  #said = ''

  constructor(setting: RecollectionSetting) {
    this.#setting = setting
  }

  /** The same until more is told, or another life begins. */
  get recalled(): Recalled {
    const { origin } = this.#setting.head()
    if (this.#recalled?.origin === origin) return this.#recalled
    this.#told = new Map()
    this.#recalled = { origin, log: noFences, heard: new Set() }
    return this.#recalled
  }

  start(): void {
    this.#isActive = true
    this.moved()
  }

  stop(): void {
    this.#isActive = false
    this.#cancel?.()
    this.#cancel = null
  }

  /** To be called whenever the head has moved. */
  moved(): void {
    if (this.#isActive) this.#setting.lostWords.moved()
    if (!this.#isActive || this.#cancel !== null || !this.#setting.isNeeded()) return
    for (const peer of this.#setting.peers) if (!this.#asked.has(peer)) void this.#ask(peer)
    this.#cancel = this.#setting.ports.timers.after(this.#pauseMs, () => {
      this.#cancel = null
      this.moved()
    })
    if (this.#pauseMs === longestPauseMs) this.#say()
    this.#pauseMs = Math.min(longestPauseMs, 2 * this.#pauseMs)
  }

  /** Once for each such wait. */
  #say(): void {
    const unheard = this.#setting.unheard()
    const alone = unheard.length > 0 ? [] : this.#tellingAlone()
    const said = [...unheard, ...alone].join(', ')
    if (said !== '' && said !== this.#said)
      this.#setting.ports.logger.warn(
        { waitsFor: unheard, goesBy: alone },
        unheard.length > 0
          ? `this region was restored, and takes in nothing that it had not known before until ${said} can say what was agreed with it of regions that were retired; retire what is lost for good, here or with override where it was retired before`
          : `this region was restored, and goes by what ${said} alone tells that others have said of fences; where that region is in wrong hands, retire it, leave it out of this region's configuration and start its nodes again`,
      )
    this.#said = said
  }

  /** Who tells of others what is neither held here nor told by anybody else. */
  #tellingAlone(): readonly RegionId[] {
    const { fences } = this.#setting.head()
    return [...this.#told].flatMap(([peer, told]) => {
      let others = fences
      for (const [other, log] of this.#told) if (other !== peer) others = mergeFences(others, log)
      const isOfOthers = ({ by }: { readonly by: Origin }) => regionOf(by) !== peer
      const hearsay = { retires: told.retires.filter(isOfOthers), votes: told.votes.filter(isOfOthers) }
      return mergeFences(others, hearsay) === others ? [] : [peer]
    })
  }

  async #ask(peer: RegionId): Promise<void> {
    const { origin } = this.recalled
    this.#asked.add(peer)
    try {
      const log = await this.#setting.ask(peer)
      if (this.recalled.origin === origin) this.#hear(peer, log ?? noFences)
    } catch {
      // It is away, and asked again in a moment.
    } finally {
      this.#asked.delete(peer)
    }
  }

  #hear(peer: RegionId, answer: FenceLog): void {
    const told = this.#believed(peer, answer)
    const { origin, log } = this.recalled
    const before = this.#told.get(peer)
    const isLess = before !== undefined && mergeFences(told, before) !== told
    if (isLess) this.#setting.lostWords.miss(before)
    // Who told something before the peer lost it may have learned it meanwhile: all are heard again.
    this.#told = new Map([...(isLess ? [] : this.#told), [peer, told]])
    const merged = isLess ? told : mergeFences(log, told)
    if (merged === log && before !== undefined) return
    this.#recalled = { origin, log: merged, heard: new Set(this.#told.keys()) }
    this.#pauseMs = shortestPauseMs
    this.#setting.told()
  }

  #believed(peer: RegionId, told: FenceLog): FenceLog {
    const { operators, head, ports } = this.#setting
    const { retires: held } = head().fences
    const retires = told.retires.filter((retire) => {
      const found = findUnordered(operators, [retire], held)
      const place = `${peer}: ${retire.by}:${retire.sequence}`
      if (found !== null && !this.#doubted.has(place) && this.#doubted.size < maximumDoubted) {
        this.#doubted.add(place)
        ports.logger.warn({ peer }, `what ${peer} tells of a retire is not believed: ${found.reason}`)
      }
      return found === null
    })
    return retires.length === told.retires.length ? told : { ...told, retires }
  }
}
