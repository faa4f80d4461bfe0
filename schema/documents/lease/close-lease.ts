// closeLease: ends a lease. The device's signed close says that nothing more will come; without it an operator may end the
// lease and bear what that means: a sale that the device has made and not yet told is refused when it comes (S6).

import * as z from 'zod'
import { counted } from '../../counted.ts'
import { type CommandDefinition, refuse, type UserError } from '../command.ts'
import { idInput, noteInput, parserOf } from '../parsing.ts'
import { isStaff } from '../principals.ts'
import { carryEntries, chainInput } from './carry.ts'
import { endedId, type LeaseFact } from './facts.ts'
import type { LeaseFold } from './fold.ts'
import { leaseKind } from './kind.ts'
import { refuseUnlessDevice } from './lease-stock.ts'
import { readLease, recordLeaseFacts, refuseCarried } from './record.ts'

const closeLeaseInput = z.object({
  id: idInput,
  entries: chainInput.shape.entries.nullish(),
  withoutDevice: z.boolean().nullish(),
  note: noteInput,
})

export type CloseLeaseInput = z.infer<typeof closeLeaseInput>

export const closeLease: CommandDefinition<CloseLeaseInput> = {
  name: 'closeLease',
  parse: parserOf(closeLeaseInput),
  identityOf: ({ id, withoutDevice, note }) => ({ id, withoutDevice, note }),
  reads: ({ id }) => readLease(id),
  skusOf: ({ view }, { id }) => {
    const lease = view(leaseKind, id)
    return lease === undefined ? [] : [lease.sku]
  },
  run(context, { id, entries, withoutDevice, note }) {
    const lease = context.view(leaseKind, id)
    if (lease === undefined) return refuse({ code: 'NOT_FOUND', message: `There is no lease ${id}.`, field: ['id'] })
    const forbidden = refuseUnlessDevice(context, lease.deviceId)
    if (forbidden !== null) return refuse(forbidden)
    const { records } = lease
    let fold = lease.fold
    const facts: LeaseFact[] = []
    if (entries != null) {
      const carried = carryEntries(context, { id, entries }, records, fold)
      if ('error' in carried) return refuseCarried(id, carried)
      facts.push(...carried.facts)
      fold = carried.fold
    }
    if (!fold.ended) {
      const refusal = refuseWithoutDevice(fold, withoutDevice === true && isStaff(context.principal))
      if (refusal !== null) return refuse(refusal)
      facts.push({ id: endedId(context.origin), kind: 'ended', origin: context.origin, note: note ?? null })
    }
    return recordLeaseFacts(context, id, records, facts)
  },
}

function refuseWithoutDevice({ opened, sold, released }: LeaseFold, isOperatorsAct: boolean): UserError | null {
  if (opened.publicKey === null || isOperatorsAct) return null
  const left = opened.units - sold + released
  const message =
    `The device has not signed that it is done, and may have sold up to ${counted(left, 'unit')} more than is known here. ` +
    'Send its signed entries; or, as staff, give withoutDevice: what it then tells late is refused.'
  return { code: 'ILLEGAL_TRANSITION', message, field: ['entries'] }
}
