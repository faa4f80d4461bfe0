// Takes devices' units from their call to their answers: named by their ids, written together, and held back where a
// refusal is not yet final (I3). Knows no GraphQL.

import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import type { Principal } from '@causeway/schema/documents/command'
import type { UnitRefusal } from '@causeway/schema/documents/units/judge'
import { type Unit, unitJson } from '@causeway/schema/documents/units/unit'
import { nameCommand } from '../committer/keys.ts'
import { issuedAt } from '../history/expiry.ts'
import type { Progress } from '../log/progress.ts'
import type { Ports } from '../ports.ts'
import type { UnitRequest, UnitRuling } from './unit-writer.ts'

export interface UnitCall {
  readonly units: readonly Unit[]
  readonly principal: Principal
  /** Sent again after an attempt that went unanswered. */
  readonly resent: boolean
  readonly deadlineAt: number
}

export type UnitAnswer =
  | { readonly status: 'accepted' }
  | { readonly status: 'refused'; readonly refusal: UnitRefusal }
  /** Not known yet, or not here yet: ask again with the same id. */
  | { readonly status: 'pending' }

export interface UnitAnswers {
  /** In the order of the call. */
  readonly answers: readonly UnitAnswer[]
  readonly token: VersionVector
  /** This region's time, milliseconds: what a device reckons its own from (M2). */
  readonly nowMs: number
}

export interface UnitDeskSetting {
  readonly ports: Ports
  readonly crypto: CommitCrypto
  readonly progress: Progress
  readonly offlineMs: number
  /** Resolves when the rulings are durable. */
  readonly write: (requests: readonly UnitRequest[]) => Promise<readonly UnitRuling[]>
}

/** Time kept back from the deadline for asking once more. */
const answerReserveMs = 250

export class UnitDesk {
  readonly #setting: UnitDeskSetting

  constructor(setting: UnitDeskSetting) {
    this.#setting = setting
  }

  async take(call: UnitCall): Promise<UnitAnswers> {
    const { ports, progress, write } = this.#setting
    const requests = call.units.map((unit) => this.#request(unit, call))
    let rulings = requests.length === 0 ? [] : await write(requests)
    const unsure = call.resent
      ? rulings.flatMap((ruling) => (ruling.status === 'refused' ? (ruling.position ?? []) : []))
      : []
    let isFinal = true
    for (const position of unsure) {
      // I3: an attempt elsewhere may yet turn out to have been accepted.
      if (!(await progress.stable(position, call.deadlineAt - answerReserveMs))) isFinal = false
    }
    if (unsure.length > 0 && isFinal) rulings = await write(requests)
    const answers = rulings.map((ruling): UnitAnswer => {
      if (ruling.status === 'accepted') return { status: 'accepted' }
      if (ruling.status === 'early' || !isFinal) return { status: 'pending' }
      return { status: 'refused', refusal: ruling.refusal }
    })
    return { answers, token: progress.head.frontier, nowMs: ports.clock.now() }
  }

  #request(unit: Unit, { principal, resent }: UnitCall): UnitRequest {
    const { crypto, ports, offlineMs } = this.#setting
    const nameOf = (id: string, input: unknown) =>
      nameCommand({ principal, idempotencyKey: id }, input, null, crypto, () => new Uint8Array(16))
    const { key, inputDigest } = nameOf(unit.id, unitJson(unit))
    const issued = issuedAt(unit.id)
    const isExpired = issued !== null && ports.clock.now() - issued > offlineMs
    const message = 'This change is older than outcomes are kept: whether it was applied before is no longer known.'
    return {
      unit,
      principal,
      resent,
      inputDigest,
      key: key ?? unit.id,
      dependencyKeys: unit.dependsOn.map((id) => nameOf(id, null).key ?? id),
      expired: isExpired ? { code: 'COMMAND_EXPIRED', message } : null,
    }
  }
}
