// Takes one command from its call to its answer: parsed, named by its key, committed with others, helped with rights
// from peers where it is short, and held back where a refusal is not yet final (I3).

import type { Store } from '@causeway/db/store'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import type { ClaimHash, CommandDefinition, Principal, Shortage } from '@causeway/schema/documents/command'
import { textInput } from '@causeway/schema/documents/parsing'
import { leavesOut } from '@causeway/schema/stock/outcomes'
import { expired, issuedAt } from '../history/expiry.ts'
import type { Progress } from '../log/progress.ts'
import type { Ports } from '../ports.ts'
import type { CommandAnswer, CommandCall } from '../region.ts'
import { firstStable } from '../settlement/first-stable.ts'
import type { RightsBroker } from '../stock/rights-broker.ts'
import { nameCommand } from './keys.ts'
import type { Committed, OutcomePosition, PendingCommand } from './pending.ts'

export interface ExecutorSetting {
  readonly ports: Ports
  readonly crypto: CommitCrypto
  readonly store: Store
  readonly progress: Progress
  readonly broker: RightsBroker
  /** A command that its key tells to be older than this is refused (I5). */
  readonly offlineMs: number
  /** Without it nothing is claimed by its hash. */
  readonly claimHash?: ClaimHash
  /** Resolves when the ruling is durable. */
  readonly submit: (command: PendingCommand) => Promise<Committed>
}

const keyInput = textInput(1, 255)

/** What a region does on its own account. */
export const regionPrincipal: Principal = { subject: 'causeway', roles: ['operator'], region: null }

/** Time kept back from the caller's deadline for the commit that follows a request for rights: a quarter of a shorter one. */
const commitReserveMs = 500
/** How long an obligation may ask for rights before it counts as a debt. */
const settleMs = 2_500
/** Times that a command may ask for rights that others spend before it; its deadline is usually nearer. */
const maximumRounds = 100

export class Executor {
  readonly #setting: ExecutorSetting

  constructor(setting: ExecutorSetting) {
    this.#setting = setting
  }

  async execute<Input>(command: CommandDefinition<Input>, input: Input, call: CommandCall): Promise<CommandAnswer> {
    const { crypto, ports, progress, offlineMs } = this.#setting
    const parsed = command.parse(input)
    if ('errors' in parsed) return { status: 'refused', errors: parsed.errors, token: progress.head.frontier }
    const { claimHash } = this.#setting
    const sealed = (claimHash && command.seal?.(parsed.input, claimHash)) ?? parsed.input
    const key = keyInput.safeParse(call.idempotencyKey ?? 'none')
    if (!key.success) {
      const message = key.error.issues.map((issue) => issue.message).join(' ')
      const errors = [{ code: 'INVALID' as const, message, field: ['idempotencyKey'] }]
      return { status: 'refused', errors, token: progress.head.frontier }
    }
    const natural = command.naturalKey?.(parsed.input) ?? null
    const identity = command.identityOf?.(input) ?? input
    const name = nameCommand(call, identity, natural, crypto, () => ports.random.bytes(16))
    const issued = call.idempotencyKey === undefined ? null : issuedAt(call.idempotencyKey)
    const isExpired = issued !== null && ports.clock.now() - issued > offlineMs
    const definition = isExpired ? expired(command, offlineMs) : command
    const pending: PendingCommand = {
      definition: definition as CommandDefinition<unknown>,
      input: sealed,
      principal: call.principal,
      ...name,
      resent: call.resent,
      final: false,
      settles: null,
    }
    return this.#answer(pending, await this.#decideStable(pending, call.deadlineAt), call.deadlineAt)
  }

  /** An internal command that settles an obligation; false where it was refused. */
  async settle<Input>(command: CommandDefinition<Input>, input: Input, obligation: number): Promise<boolean> {
    return (await this.attempt(command, input, obligation)).status === 'accepted'
  }

  /** An internal command for which peers are asked for rights where they are short. */
  attempt<Input>(
    command: CommandDefinition<Input>,
    input: Input,
    obligation: number | null = null,
  ): Promise<Committed> {
    const pending = this.#internal(command as CommandDefinition<unknown>, input, obligation)
    return this.#decide(pending, this.#setting.ports.clock.now() + settleMs)
  }

  /** An internal command that nobody asked for by key. */
  run<Input>(command: CommandDefinition<Input>, input: Input): Promise<Committed> {
    return this.#submit({ ...this.#internal(command as CommandDefinition<unknown>, input, null), final: true })
  }

  #internal(definition: CommandDefinition<unknown>, input: unknown, settles: number | null): PendingCommand {
    const { crypto, ports } = this.#setting
    const call = { principal: regionPrincipal }
    const name = nameCommand(call, input, null, crypto, () => ports.random.bytes(16))
    return { definition, input, ...call, ...name, resent: false, final: false, settles }
  }

  /**
   * Runs a command that may lack rights: they are asked for and it is run again, as long as peers give something. Others
   * may spend what came first, so it is refused for good only when nobody gave of something, or time or rounds run out.
   */
  async #decide(pending: PendingCommand, deadlineAt: number): Promise<Committed> {
    const ruled = await this.#submit(pending)
    return ruled.status === 'short' ? await this.#decideShort(pending, ruled.shortages, deadlineAt) : ruled
  }

  async #decideShort(pending: PendingCommand, shortages: readonly Shortage[], deadlineAt: number): Promise<Committed> {
    const { broker, ports } = this.#setting
    const claim = broker.claim(pending.definition.needs?.(pending.input) ?? [])
    const untilMs = deadlineAt - Math.min(commitReserveMs, (deadlineAt - ports.clock.now()) / 4)
    try {
      let missing = shortages
      for (let round = 1; ; round++) {
        const { helped } = await claim.acquire(missing, untilMs)
        const isLast = !helped || round >= maximumRounds || ports.clock.now() >= untilMs
        const ruled = await this.#submit({ ...pending, final: isLast })
        if (ruled.status === 'refused') broker.counts.refusedAs(ruled.errors.map(({ code }) => code))
        if (ruled.status !== 'short') return ruled
        missing = ruled.shortages
      }
    } finally {
      claim.end()
    }
  }

  /**
   * What hangs on a commit that turns out to be stable is decided again, once, with all that is known by then. What hangs on another
   * one after that has heard of more meanwhile: whoever asks again finds it.
   */
  async #decideStable(pending: PendingCommand, deadlineAt: number): Promise<Committed> {
    const ruled = await this.#decide(pending, deadlineAt)
    if (ruled.status !== 'pending') return ruled
    const stable = await firstStable(this.#setting, ruled.until)
    return stable === null ? ruled : this.#decide({ ...pending, stable }, deadlineAt)
  }

  #submit(pending: PendingCommand): Promise<Committed> {
    return this.#setting.submit(pending)
  }

  async #answer(pending: PendingCommand, ruled: Committed, deadlineAt: number): Promise<CommandAnswer> {
    const first = answerOf(ruled)
    if (!pending.resent || !leavesOpen(ruled) || ruled.position === null) return first
    // I3: an attempt elsewhere may yet turn out to have been accepted; until then what is refused is not the last word.
    const { progress } = this.#setting
    if (!(await progress.stable(ruled.position, deadlineAt))) return { status: 'pending', token: ruled.token }
    // Asked again it is answered from what is known by now: an acceptance from elsewhere beats the refusal (I2).
    return answerOf(await this.#submit({ ...pending, final: true }))
  }
}

/** Whether it refuses something that another region may have done. */
function leavesOpen(ruled: Committed): ruled is Extract<Committed, { readonly position: OutcomePosition }> {
  return ruled.status === 'refused' || (ruled.status === 'accepted' && leavesOut(ruled.result))
}

function answerOf(ruled: Committed): CommandAnswer {
  const { token } = ruled
  if (ruled.status === 'accepted') return { status: 'accepted', result: ruled.result, token, changed: ruled.changed }
  if (ruled.status === 'pending') return { status: 'pending', token }
  return { status: 'refused', errors: ruled.errors, token }
}
