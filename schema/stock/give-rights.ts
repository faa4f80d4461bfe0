// giveRights, an internal command: answers a peer's request for rights with a gift, once per request (S3). Never
// refused: where there is nothing to give, nothing is given.

import { z } from 'zod'
import { type Origin, regionOf } from '../clock/origin.ts'
import type { CommitEvent } from '../commit/commit.ts'
import { accept, type CommandDefinition, noReads } from '../documents/command.ts'
import { stockId } from '../documents/ids.ts'
import { parserOf } from '../documents/parsing.ts'
import { mainLocation, rightsOf } from './row.ts'

export interface GiveRightsInput {
  readonly requestId: string
  readonly to: Origin
  readonly items: readonly { readonly sku: string; readonly units: number }[]
}

function giftKey(requestId: string): string {
  return `:gift:${requestId}`
}

export const giveRights: CommandDefinition<GiveRightsInput> = {
  name: 'giveRights',
  parse: parserOf(
    z.object({
      requestId: z.string().min(1),
      to: z.string().min(1),
      items: z.array(z.object({ sku: z.string(), units: z.int().min(0) })),
    }),
  ),
  reads: ({ requestId, items }) => ({ ...noReads, skus: items.map(({ sku }) => sku), keys: [giftKey(requestId)] }),
  run(context, { requestId, to, items }) {
    const key = giftKey(requestId)
    const earlier = context.outcomes(key).find(({ origin }) => origin === context.origin)
    if (earlier !== undefined) return accept({ result: earlier.result })
    const region = regionOf(to)
    const asked = new Map<string, number>()
    for (const { sku, units } of items) asked.set(sku, (asked.get(sku) ?? 0) + units)
    const gifts = [...asked].map(([sku, units]) => {
      const rights = rightsOf(context.ownStock(sku))
      const isPeer = region !== context.region && context.members.includes(region)
      return { sku, units: isPeer && units > 0 ? giftOf(rights, units) : 0 }
    })
    const given = gifts.filter(({ units }) => units > 0)
    const result = { items: gifts }
    if (given.length === 0) return accept({ result })
    return accept({
      events: given.map(
        ({ sku, units }): CommitEvent => ({
          type: 'stock.given',
          entityId: stockId(sku),
          data: { sku, units, to: region },
          placement: 'everywhere',
        }),
      ),
      stock: given.map(({ sku, units }) => ({ sku, location: mainLocation, given: { [to]: units } })),
      result,
      record: { key, result },
    })
  },
}

/** More than was asked, up to half of what is there, so that a region in demand need not ask for every sale. */
function giftOf(rights: number, units: number): number {
  return Math.max(0, Math.min(rights, Math.max(units, Math.floor(rights / 2))))
}
