// giveRights, an internal command: answers a peer's request for rights with a gift, once per request (S3). Never
// refused: where there is nothing to give, nothing is given. How much, says gifts.ts.

import * as z from 'zod'
import { type Origin, type RegionId, regionOf } from '../clock/origin.ts'
import type { CommitEvent } from '../commit/commit.ts'
import { accept, type CommandContext, type CommandDefinition, noReads } from '../documents/command.ts'
import { stockId } from '../documents/ids.ts'
import { parserOf } from '../documents/parsing.ts'
import { endOf } from '../fence/fencing.ts'
import { type Demand, type Giver, giftOf, type RightsWish } from './gifts.ts'
import { rightsByRegion } from './levels.ts'
import { mainLocation, rightsOf } from './row.ts'

/** What the giver's node knows of a SKU besides its rows. */
export interface OwnNeed extends Demand {
  readonly reserved: number
}

export interface GiveRightsInput {
  readonly requestId: string
  readonly to: Origin
  /** What is left out is 0: a bare request is for units that sales wait for. */
  readonly items: readonly ({ readonly sku: string; readonly units: number } & Partial<RightsWish> & {
      readonly own?: OwnNeed | undefined
    })[]
}

function giftKey(requestId: string): string {
  return `:gift:${requestId}`
}

const whole = z.int().min(0)
const demand = { low: whole.default(0), perHour: whole.default(0) }

const giveRightsInput = z.object({
  requestId: z.string().min(1),
  to: z.string().min(1),
  items: z.array(
    z.object({
      sku: z.string(),
      units: whole,
      least: whole.default(0),
      extra: whole.default(0),
      held: whole.default(0),
      ...demand,
      own: z.object({ reserved: whole, ...demand }).optional(),
    }),
  ),
})

export const giveRights: CommandDefinition<GiveRightsInput> = {
  name: 'giveRights',
  parse: parserOf(giveRightsInput),
  reads: ({ requestId, items }) => ({ ...noReads, skus: items.map(({ sku }) => sku), keys: [giftKey(requestId)] }),
  run(context, { requestId, to, items }) {
    const key = giftKey(requestId)
    const earlier = context.outcomes(key).find(({ origin }) => origin === context.origin)
    if (earlier !== undefined) return accept({ result: earlier.result })
    const region = regionOf(to)
    const isMember = region !== context.region && context.memberOrigins[region] !== undefined
    // A request may be older than the end of who sent it: what it was given then nobody would take over.
    const isPeer = isMember && endOf(context.fencing.fences, to) === null
    const bySku = new Map(items.map((item) => [item.sku, item]))
    const gifts = [...bySku.values()].map((item) => ({
      sku: item.sku,
      units: isPeer ? giftOf(wishOf(item), giverOf(context, region, item)) : 0,
    }))
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

function wishOf(item: GiveRightsInput['items'][number]): RightsWish {
  const { units, least = 0, extra = 0, held = 0, low = 0, perHour = 0 } = item
  return { units, least, extra, held, low, perHour }
}

function giverOf(context: CommandContext, asking: RegionId, item: GiveRightsInput['items'][number]): Giver {
  const { sku, own, held = 0 } = item
  const others = new Map(rightsByRegion(context.stock(sku)).map(({ region, units }) => [region, units]))
  others.delete(context.region)
  // What others have given to it meanwhile may be known here before it is there.
  others.set(asking, Math.max(held, others.get(asking) ?? 0))
  const elsewhere = [...others.values()].reduce((sum, units) => sum + Math.max(0, units), 0)
  return { reserved: 0, low: 0, perHour: 0, ...own, rights: rightsOf(context.ownStock(sku)), elsewhere }
}
