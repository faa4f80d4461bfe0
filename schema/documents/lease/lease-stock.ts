// leaseStock: lends units of a SKU to a device until a time. They leave this origin's rights in the same commit, as a gift
// to the row that the device alone writes (S6).

import * as z from 'zod'
import { decodeBase64url } from '../../clock/base64url.ts'
import { ByteWriter } from '../../commit/bytes.ts'
import { toHex } from '../../hex.ts'
import type { Json } from '../../json.ts'
import { maximumLeaseUnits } from '../../stock/lease/entry.ts'
import { mainLocation, rightsOf } from '../../stock/row.ts'
import { describeShortage } from '../../stock/shortage.ts'
import { accept, type CommandContext, type CommandDefinition, noReads, refuse, type UserError } from '../command.ts'
import { skuAlias } from '../ids.ts'
import { idInput, parserOf } from '../parsing.ts'
import { isStaff } from '../principals.ts'
import { productKind } from '../product/kind.ts'
import { type OpenedFact, openedId } from './facts.ts'
import { writeLeaseFacts } from './record.ts'

/** A device that is away for longer has its commands refused as too old, too (I5). */
export const maximumLeaseMinutes = 30 * 24 * 60

const leaseStockInput = z.object({
  deviceId: idInput,
  sku: idInput,
  quantity: z.int().min(1, 'Lend at least one unit.').max(maximumLeaseUnits, `Lend up to ${maximumLeaseUnits} units.`),
  minutes: z.int().min(1, 'Give at least one minute.').max(maximumLeaseMinutes, 'Lend for up to 30 days.'),
  publicKey: z
    .string()
    .refine((text) => decodeBase64url(text)?.length === 32, 'Give the 32 bytes of an Ed25519 public key in base64url.')
    .nullish(),
})

export type LeaseStockInput = z.infer<typeof leaseStockInput>

export const leaseStock: CommandDefinition<LeaseStockInput> = {
  name: 'leaseStock',
  parse: parserOf(leaseStockInput),
  reads: ({ sku }) => ({ ...noReads, aliases: [skuAlias(sku)], skus: [sku] }),
  needs: ({ sku, quantity }) => [{ sku, units: quantity }],
  run(context, { deviceId, sku, quantity, minutes, publicKey }) {
    const forbidden = refuseUnlessDevice(context, deviceId)
    if (forbidden !== null) return refuse(forbidden)
    if (context.byAlias(productKind, skuAlias(sku)) === undefined)
      return refuse({ code: 'NOT_FOUND', message: `No product sells SKU ${sku}.`, field: ['sku'], sku })
    const units = rightsOf(context.ownStock(sku))
    if (quantity > units) {
      const shortage = describeShortage(sku, quantity, context.stock(sku), { origin: context.origin, units })
      const shortages = [{ sku, missing: quantity - units, needed: quantity }]
      return { status: 'refused', errors: [{ ...shortage, field: ['quantity'] }], shortages }
    }
    const id = leaseId(context, [deviceId, sku, quantity, publicKey ?? null])
    const opensAt = context.time.wallMs
    const fact: OpenedFact = {
      id: openedId(context.origin),
      kind: 'opened',
      origin: context.origin,
      deviceId,
      sku,
      units: quantity,
      publicKey: publicKey ?? null,
      opensAt,
      expiresAt: opensAt + minutes * 60_000,
    }
    return accept({
      ...writeLeaseFacts(id, [fact]),
      stock: [{ sku, location: mainLocation, given: { [id]: quantity } }],
      result: { id },
    })
  },
}

/**
 * The same wherever the command is answered, and another one where a key was used with other terms: openings under one id
 * lend the same units of the same SKU.
 */
function leaseId({ commandId, leaseCheck }: Pick<CommandContext, 'commandId' | 'leaseCheck'>, terms: Json): string {
  const writer = new ByteWriter(256)
  writer.rawText(JSON.stringify([commandId, terms]))
  return `lease-${toHex(leaseCheck.sha256(writer.view())).slice(0, 26)}`
}

/** Staff for any device; a device for itself. */
export function refuseUnlessDevice(
  { principal }: Pick<CommandContext, 'principal'>,
  deviceId: string,
): UserError | null {
  if (isStaff(principal) || (principal.roles.includes('device') && principal.subject === deviceId)) return null
  return { code: 'FORBIDDEN', message: 'Devices lease for themselves; staff for any device.', field: ['deviceId'] }
}
