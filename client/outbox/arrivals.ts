// Answers that came while something was being stored, taken in as few steps as their order allows: a step is one write. Pure but
// for what it is given to do.

import type { Answer, Answered, QueuedCommand } from './outbox.ts'

export type Arrival = readonly [id: string, answer: Answer]

/** A refused change made anew on what stands by now; `later`: what it is to stand on is not here yet; null: it is refused for good. */
export type Rebase = (refused: QueuedCommand, code: string) => QueuedCommand | 'later' | null

export interface ArrivalsTaking {
  /** What is being sent, by id. */
  readonly sending: ReadonlyMap<string, QueuedCommand>
  readonly rebase: Rebase
  /** One step of the outbox. */
  readonly apply: (answers: readonly Answered[]) => void
}

export function takeArrivals(arrivals: readonly Arrival[], { sending, rebase, apply }: ArrivalsTaking): void {
  let answers: Answered[] = []
  const applyAll = () => {
    if (answers.length > 0) apply(answers)
    answers = []
  }
  for (const [id, answer] of arrivals) {
    const code = answer.kind === 'outcome' && answer.outcome.status === 'refused' ? answer.outcome.code : null
    const command = sending.get(id)
    // What is made anew stands on what all before it have come to.
    if (code !== null) applyAll()
    const replacement = code === null || command === undefined ? null : rebase(command, code)
    if (replacement === null) answers.push({ id, answer })
    // Its region says the same again, until it is made anew.
    else if (replacement === 'later') answers.push({ id, answer: { kind: 'unsent' } })
    else {
      answers.push({ id, answer, replacement })
      applyAll()
    }
  }
  applyAll()
}

export function sendingIn(entries: readonly { readonly state: string; readonly command: QueuedCommand }[]) {
  const sending = new Map<string, QueuedCommand>()
  for (const { state, command } of entries) if (state === 'sending') sending.set(command.id, command)
  return sending
}
