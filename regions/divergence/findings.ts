// What the guard against divergence remembers between rounds: what was found and put right, what is open, and which rows
// were held against the log, so that they are not held against the whole of it again in every round. Pure.

/** What a region tells of its own state compared with the log and with its peers. */
export interface DivergenceStatus {
  /** Wall time of the end of the last whole round; null before the first. */
  readonly checkedAt: number | null
  /** How long it took. */
  readonly roundMs: number
  readonly found: Readonly<Record<Subject, number>>
  readonly repaired: Readonly<Record<Subject, number>>
  readonly open: readonly OpenFinding[]
}

export interface OpenFinding {
  readonly subject: string
  readonly detail: string
  readonly since: number
}

export type Subject = 'documents' | 'stock' | 'conflicts' | 'log'

/** A row that is sound here, or of which the log tells nothing, is held against the log again only after so many rounds. */
const settledRounds = 4
/** A row that is sound here, and yet differs from a peer's for so many rounds, is told as open. */
const patientRounds = 12
/** Beyond it the oldest is forgotten, and found again. */
const maximumRemembered = 1_000

const noEvidence =
  'the part of the log that wrote it is no longer kept here. Restore the database from a backup of before it broke: the region fetches the rest from its peers'
const elsewhere = 'here it is what the log says, and that region has not put it right: look at its own findings'

interface Looked {
  /** False where there is no evidence. */
  readonly isSound: boolean
  readonly since: number
  readonly lookedAt: number
  readonly differedAt: number
}

export class Findings {
  readonly #found: Record<Subject, number> = { documents: 0, stock: 0, conflicts: 0, log: 0 }
  readonly #repaired: Record<Subject, number> = { documents: 0, stock: 0, conflicts: 0, log: 0 }
  readonly #open = new Map<string, OpenFinding & { readonly round: number }>()
  readonly #looked = new Map<string, Looked>()
  #round = 0
  #startedAt = 0
  #checkedAt: number | null = null
  #roundMs = 0

  /** The number of the round that begins. */
  begin(now: number): number {
    this.#round += 1
    this.#startedAt = now
    return this.#round
  }

  /** What was open and was not found again is closed; `wholeSince`: all that may differ was looked at since the beginning of that round. */
  end(now: number, wholeSince: (subject: string) => number = () => this.#round): void {
    this.#checkedAt = now
    this.#roundMs = now - this.#startedAt
    for (const [subject, { round }] of this.#open) if (round < wholeSince(subject)) this.#open.delete(subject)
    for (const [subject, { differedAt, lookedAt }] of this.#looked) {
      const isForgotten = Math.max(differedAt, lookedAt) + settledRounds < this.#round
      if (isForgotten && differedAt < wholeSince(subject)) this.#looked.delete(subject)
    }
  }

  found(subject: Subject): void {
    this.#found[subject] += 1
  }

  repaired(subject: Subject): void {
    this.#repaired[subject] += 1
  }

  /** It was held against the log. `isSound`: and is what that says; else there is no evidence. */
  looked(name: string, isSound: boolean): void {
    const before = this.#looked.get(name)
    const since = before?.isSound === isSound ? before.since : this.#round
    this.#looked.delete(name)
    this.#looked.set(name, { isSound, since, lookedAt: this.#round, differedAt: this.#round })
    for (const oldest of this.#looked.keys()) if (this.#looked.size > maximumRemembered) this.#looked.delete(oldest)
  }

  isSettled(name: string): boolean {
    const looked = this.#looked.get(name)
    return looked !== undefined && this.#round - looked.lookedAt < settledRounds
  }

  /** Those that were never held against the log, or not for the longest time, come first. */
  leastLooked(names: Iterable<string>): readonly string[] {
    const lookedAt = (name: string) => this.#looked.get(name)?.lookedAt ?? 0
    return [...names].sort((left, right) => lookedAt(left) - lookedAt(right))
  }

  /** It differs still. Why it stays open, in words; null where it may be put right yet. */
  stillDiffers(name: string): string | null {
    const looked = this.#looked.get(name)
    if (looked === undefined) return null
    this.#looked.set(name, { ...looked, differedAt: this.#round })
    if (!looked.isSound) return noEvidence
    return this.#round - looked.since < patientRounds ? null : elsewhere
  }

  open(subject: string, detail: string): void {
    const since = this.#open.get(subject)?.since ?? this.#startedAt
    this.#open.set(subject, { subject, detail, since, round: this.#round })
  }

  status(): DivergenceStatus {
    const open = [...this.#open.values()].map(({ subject, detail, since }) => ({ subject, detail, since }))
    const counts = { found: { ...this.#found }, repaired: { ...this.#repaired } }
    return { checkedAt: this.#checkedAt, roundMs: this.#roundMs, ...counts, open }
  }
}
