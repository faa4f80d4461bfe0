// What the guard against divergence remembers between rounds: what was found and put right, what is open, and which rows
// were looked at and are sound here, so that they are not held against the whole log again in every round. Pure.

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

/** A row that is sound here is held against the log again only after so many rounds. */
const settledRounds = 4
/** A row that is sound here, and yet differs from a peer's for so many rounds, is told as open. */
const patientRounds = 12
/** Beyond it the oldest is forgotten, and found again. */
const maximumRemembered = 1_000

interface Sound {
  readonly since: number
  readonly lookedAt: number
  readonly differedAt: number
}

export class Findings {
  readonly #found: Record<Subject, number> = { documents: 0, stock: 0, conflicts: 0, log: 0 }
  readonly #repaired: Record<Subject, number> = { documents: 0, stock: 0, conflicts: 0, log: 0 }
  readonly #open = new Map<string, OpenFinding & { readonly round: number }>()
  readonly #sound = new Map<string, Sound>()
  #round = 0
  #startedAt = 0
  #checkedAt: number | null = null
  #roundMs = 0

  begin(now: number): void {
    this.#round += 1
    this.#startedAt = now
  }

  /** What was open and was not found again is closed. */
  end(now: number): void {
    this.#checkedAt = now
    this.#roundMs = now - this.#startedAt
    for (const [subject, { round }] of this.#open) if (round < this.#round) this.#open.delete(subject)
    for (const [subject, { differedAt, lookedAt }] of this.#sound) {
      if (Math.max(differedAt, lookedAt) + settledRounds < this.#round) this.#sound.delete(subject)
    }
  }

  found(subject: Subject): void {
    this.#found[subject] += 1
  }

  repaired(subject: Subject): void {
    this.#repaired[subject] += 1
  }

  sound(name: string): void {
    const since = this.#sound.get(name)?.since ?? this.#round
    this.#sound.set(name, { since, lookedAt: this.#round, differedAt: this.#round })
    for (const oldest of this.#sound.keys()) if (this.#sound.size > maximumRemembered) this.#sound.delete(oldest)
  }

  isSettled(name: string): boolean {
    const sound = this.#sound.get(name)
    return sound !== undefined && this.#round - sound.lookedAt < settledRounds
  }

  /** Words where a row that is sound here has differed from a peer's for long. */
  stillDiffers(name: string): string | null {
    const sound = this.#sound.get(name)
    if (sound === undefined) return null
    this.#sound.set(name, { ...sound, differedAt: this.#round })
    return this.#round - sound.since < patientRounds
      ? null
      : 'that region has not put it right, look at its own findings'
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
