// A retired region that is the last to know of its end (S7). Where all who agreed on it have gone on with copies from before that, and
// its own log reaches back to none of them, what they had said can come to nobody any more, and nothing that stands was built on it.
// Its state is the best copy left then, and it can give that as a member only: it forgets that it was retired. While anybody else
// knows of it, or may come to, or cannot be asked, it stays where it is. On the leading node.

import type { LogFloor } from '@causeway/db/history'
import type { Head, Store } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import { emptyVector, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { type FenceLog, mergeFences, noFences, withoutRetiresOf, wordsAbout } from '@causeway/schema/fence/fence-log'
import { decideFences, heightOf } from '@causeway/schema/fence/fences'
import { endOf, lostOf } from '@causeway/schema/fence/fencing'
import { emptySet } from '../committer/flush.ts'
import type { IncidentBook } from '../integrity/incident-book.ts'
import type { Ports } from '../ports.ts'

/** What another region has and knows. */
export interface OtherRegion {
  readonly frontier: VersionVector
  readonly fences: FenceLog
}

export interface LastWitnessSetting {
  readonly region: RegionId
  /** Every region of the configuration. */
  readonly members: readonly RegionId[]
  readonly store: Pick<Store, 'history' | 'transact'>
  readonly ports: Pick<Ports, 'timers' | 'logger'>
  readonly incidents: Pick<IncidentBook, 'raise'>
  readonly head: () => Head
  /** Null where the peer speaks a version in which it cannot tell. Both reject where it cannot be asked. */
  readonly fences: (peer: RegionId) => Promise<FenceLog | null>
  readonly standing: (peer: RegionId) => Promise<Pick<OtherRegion, 'frontier'>>
  /** Runs between the node's transactions, and makes known what it answers. */
  readonly between: (work: () => Promise<Head | null>) => Promise<void>
}

const pauseMs = 5_000

/**
 * What a region goes by once nobody else can know that it was retired; null while somebody does or may come to. Not either where other
 * logs would end elsewhere then.
 */
export function forgottenBy(
  { region, origin, frontier, fences }: Pick<Head, 'region' | 'origin' | 'frontier' | 'fences'>,
  members: readonly RegionId[],
  floor: VersionVector,
  others: readonly OtherRegion[],
): FenceLog | null {
  const words = wordsAbout(fences, region)
  // Nobody has what comes next of the writer's log, this region neither: so nobody gets to that word.
  const isOutOfReach = ({ by, sequence }: (typeof words)[number]) => {
    const held = Math.max(0, ...others.map((other) => sequenceOf(other.frontier, by)))
    return held < sequence && held < sequenceOf(floor, by)
  }
  if (words.length === 0 || !words.every(isOutOfReach)) return null
  if (others.some((other) => wordsAbout(other.fences, region).length > 0)) return null
  const log = withoutRetiresOf(fences, region)
  const [before, after] = [decideFences(fences, members), decideFences(log, members)]
  const isSame = before.decided.every(
    ({ target, heights }) =>
      (target.region === region && target.before === null) ||
      Object.keys(heights).every((each) => heightOf(after, each) === heightOf(before, each)),
  )
  return isSame && endOf(after, origin) !== 'retired' && lostOf(after, frontier) === null ? log : null
}

export class LastWitness {
  readonly #setting: LastWitnessSetting
  #isActive = false
  /** So it was at the last look, too: what was on its way when the log went has come by now, and was told of. */
  #isSeen = false
  #cancel: (() => void) | null = null

  constructor(setting: LastWitnessSetting) {
    this.#setting = setting
  }

  start(): void {
    this.#isActive = true
    this.#isSeen = false
    this.#next()
  }

  stop(): void {
    this.#isActive = false
    this.#cancel?.()
    this.#cancel = null
  }

  #next(): void {
    if (!this.#isActive) return
    this.#cancel?.()
    this.#cancel = this.#setting.ports.timers.after(pauseMs, () => {
      this.#look()
        .catch((error: unknown) => {
          this.#setting.ports.logger.info({ error: String(error) }, 'who else knows of this end is asked in a moment')
        })
        .finally(() => this.#next())
    })
  }

  async #look(): Promise<void> {
    const { members, store, head } = this.#setting
    const known = head()
    const wasSeen = this.#isSeen
    this.#isSeen = false
    if (!this.#isRetired(known)) return
    const floor = (await store.history.floor()).vector
    const alone: OtherRegion = { frontier: emptyVector, fences: noFences }
    // Nobody need be asked while its log has all of it.
    if (forgottenBy(known, members, floor, [alone]) === null) return
    const others = await this.#others()
    if (others === null || !this.#isActive) return
    const log = forgottenBy(known, members, floor, others)
    this.#isSeen = log !== null
    if (log !== null && wasSeen) await this.#forget(known, log)
  }

  #isRetired({ fences, origin }: Pick<Head, 'fences' | 'origin'>): boolean {
    return fences.retires.length > 0 && endOf(decideFences(fences, this.#setting.members), origin) === 'retired'
  }

  /** All of them; null where one cannot tell. */
  async #others(): Promise<readonly OtherRegion[] | null> {
    const { region, members, fences, standing } = this.#setting
    const others: OtherRegion[] = []
    for (const peer of members.filter((member) => member !== region)) {
      const told = await fences(peer)
      if (told === null) return null
      others.push({ fences: told, frontier: (await standing(peer)).frontier })
    }
    return others
  }

  /** The log goes first: from it somebody whose next copy is a newer one would hear again what nobody else knows. */
  async #forget(known: Head, log: FenceLog): Promise<void> {
    const { store, between, region, incidents } = this.#setting
    const words = wordsAbout(known.fences, region).map(({ by, sequence }) => `${by}:${sequence}`)
    await incidents.raise({
      kind: 'salvage',
      subject: `unretired:${region}:${words[0]}`,
      entityIds: [region],
      detail: `What had been said of retiring ${region} is lost with the disks of all others (${[...new Set(words)].join(', ')}), and its log no longer reaches back to their copies. ${region} is a member again, with all that it had, and gives them its state; if it is to stay out, stop it and retire it again. What the others had done because of it went with their disks: units of ${region} that another region had taken over belong to it as before, and orders that were placed from them there, or placed again, are known to nobody. Look for them where shoppers, tills and payment providers were told of them, before these units are sold a second time; then resolve this incident.`,
    })
    const { position } = await this.#dropLog(known)
    await between(() =>
      store.transact(async ({ head, write }) => {
        if (position < head.position || !isSame(head.fences, known.fences)) return null
        const after = { ...head, fences: log }
        await write(emptySet(after))
        return after
      }),
    )
  }

  async #dropLog({ frontier, time }: Head): Promise<LogFloor> {
    const { history } = this.#setting.store
    const before = { wallMs: time.wallMs + 1, counter: 0 }
    let isMore = true
    while (isMore) isMore = (await history.archive({ stable: frontier, before, smallBefore: before })).commits > 0
    isMore = true
    while (isMore) isMore = await history.dropSegment(before)
    return await history.floor()
  }
}

function isSame(one: FenceLog, other: FenceLog): boolean {
  return mergeFences(one, other) === one && mergeFences(other, one) === other
}
