// What had been said of fences and has gone with disks (S7): another region told it, has lost it since, and its writer's log has ended
// before it. Who was retired so is a member again, and what others had done because of that is gone, too: operators have to know.
// Kept by a node that was told in time, and by no other. On the leading node.

import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import type { FenceLog, FenceVote, Retire } from '@causeway/schema/fence/fence-log'
import { type Fences, heightOf, isStaying } from '@causeway/schema/fence/fences'
import type { IncidentBook } from '../integrity/incident-book.ts'
import type { Ports } from '../ports.ts'

export interface LostWordsSetting {
  readonly incidents: Pick<IncidentBook, 'raise'>
  readonly ports: Pick<Ports, 'logger'>
  readonly fencing: () => { readonly log: FenceLog; readonly fences: Fences }
}

/** What somebody said of a region that is to leave. */
interface Word {
  readonly by: Origin
  readonly sequence: number
  readonly about: RegionId
}

/** Words that are followed; of further ones nothing is told. */
const maximumFollowed = 1_000

export class LostWords {
  readonly #setting: LostWordsSetting
  #missed: readonly Word[] = []

  constructor(setting: LostWordsSetting) {
    this.#setting = setting
  }

  /** A peer told this and has lost it. Somebody else may know it, or come to. */
  miss({ retires, votes }: FenceLog): void {
    const words = [
      ...retires.flatMap((retire) => (retire.before === null ? [wordOf(retire, retire.region)] : [])),
      ...votes.flatMap((vote) => regionsIn(vote).map((region) => wordOf(vote, region))),
    ]
    const isNew = (word: Word) => !this.#missed.some((one) => one.about === word.about && isSame(one, word))
    this.#missed = [...this.#missed, ...words.filter(isNew)].slice(0, maximumFollowed)
  }

  /** To be called whenever the head has moved. */
  moved(): void {
    if (this.#missed.length === 0) return
    const { log, fences } = this.#setting.fencing()
    const isKnown = (word: Word) => [...log.retires, ...log.votes].some((one) => isSame(one, word))
    const isLost = ({ by, sequence }: Word) => sequence > (heightOf(fences, by) ?? Number.POSITIVE_INFINITY)
    const missed = this.#missed.filter((word) => !isKnown(word))
    const lost = missed.filter(isLost)
    this.#missed = missed.filter((word) => !isLost(word))
    for (const about of new Set(lost.map((word) => word.about)))
      this.#tell(
        about,
        lost.filter((word) => word.about === about),
        isStaying(fences, about),
      ).catch((error: unknown) => {
        this.#setting.ports.logger.warn({ error: String(error) }, 'what was lost of a fence is told in a moment')
        this.#missed = [...this.#missed, ...lost.filter((word) => word.about === about)]
      })
  }

  async #tell(about: RegionId, lost: readonly Word[], isMember: boolean): Promise<void> {
    const [first] = [...lost].sort((left, right) => (placeOf(left) < placeOf(right) ? -1 : 1))
    if (first === undefined) return
    const now = isMember
      ? `${about} is a member again, with all that it had; if it is to stay out, stop it and retire it again.`
      : `That ${about} leaves is agreed on anew.`
    await this.#setting.incidents.raise({
      kind: 'salvage',
      subject: `forgotten:${about}:${placeOf(first)}`,
      entityIds: [about],
      detail: `What had been said of retiring ${about} is lost with the disks that held it (${lost.map(placeOf).join(', ')}), and nobody knows of it any more. ${now} What had been done because of it went with the same disks: units of ${about} that another region had taken over belong to it as before, and orders that were placed from them there, or placed again, are known to nobody. Look for them where shoppers, tills and payment providers were told of them, before these units are sold a second time; then resolve this incident.`,
    })
  }
}

function wordOf({ by, sequence }: Pick<Word, 'by' | 'sequence'>, about: RegionId): Word {
  return { by, sequence, about }
}

/** The regions whose leaving a vote names; earlier lives of regions that go on are left out: nobody comes back because such a word is lost. */
function regionsIn({ targets }: FenceVote): readonly RegionId[] {
  return targets.map((target) => target.replace(/!$/, '')).filter((target) => !target.includes('@'))
}

function isSame(one: Pick<Retire, 'by' | 'sequence'>, other: Pick<Retire, 'by' | 'sequence'>): boolean {
  return one.by === other.by && one.sequence === other.sequence
}

function placeOf({ by, sequence }: Word): string {
  return `${by}:${sequence}`
}
