// Products: what is sold, under which SKUs, at which price. Everywhere. Knows no stock.

import { formatTime, type HybridTime, parseTime } from '../../clock/hybrid-clock.ts'
import type { RegionId } from '../../clock/origin.ts'
import type { Json, JsonObject } from '../../json.ts'
import { formatMoney, type Money } from '../../money/money.ts'
import { touchElement, touchField } from '../conflicts/touches.ts'
import type { Alias, DocumentKind, DocumentState } from '../document.ts'
import { skuAlias } from '../ids.ts'
import { compareText, compareWritten, firstOf, latestTime, registersAt, standingEntries, valueAt } from '../register.ts'

/** When and where a SKU was first claimed for its product; a later change of the price does not renew the claim. */
export interface SkuClaim {
  readonly time: HybridTime
  readonly region: RegionId
}

export interface VariantView {
  readonly sku: string
  readonly title: string
  readonly price: Money
  readonly claim: SkuClaim
}

export interface ProductView {
  readonly id: string
  readonly title: string
  readonly description: string
  /** Sorted. */
  readonly tags: readonly string[]
  /** By SKU; empty where concurrent removals left none. */
  readonly variants: readonly VariantView[]
  readonly archived: boolean
  readonly updatedAt: HybridTime
}

/** What lies at a variant's SKU. */
export function variantValue(variant: Omit<VariantView, 'sku'>): JsonObject {
  const { title, price, claim } = variant
  return {
    title,
    price: price.minor,
    currencyCode: price.currencyCode,
    claimed: [formatTime(claim.time), claim.region],
  }
}

/** Without the claim: a variant that two regions made alike is no conflict. */
function shownVariant(value: Json): Json {
  const { title, price, currencyCode } = value as { title: string; price: number; currencyCode: string }
  return { title, price: { ...formatMoney({ minor: price, currencyCode }) } }
}

function readClaim(value: Json): SkuClaim {
  const { claimed } = value as { readonly claimed: readonly [string, RegionId] }
  return { time: parseTime(claimed[0]), region: claimed[1] }
}

function readVariant(state: DocumentState, sku: string, value: Json): VariantView | undefined {
  const { title, price, currencyCode } = value as { title: string; price: number; currencyCode: string }
  const claim = firstOf(registersAt(state, 'variants', sku).map((register) => readClaim(register.value)))
  return claim && { sku, title, price: { minor: price, currencyCode }, claim }
}

function aliasOf({ sku, claim }: VariantView): Alias {
  return { name: skuAlias(sku), time: claim.time, region: claim.region }
}

/** True where this claim is the earlier one: of two products that claim a SKU, the one whose claim stands. */
export function claimedBefore(left: SkuClaim, right: SkuClaim): boolean {
  return compareWritten(left, right) < 0
}

export const productKind: DocumentKind<ProductView> = {
  name: 'product',
  maps: ['fields', 'tags', 'variants'],
  texts: ['description'],
  factsOnly: false,
  named: true,
  home: false,
  touches(map, key, value) {
    if (map === 'fields') return touchField(key, value)
    return touchElement(map, key, map === 'variants' && value !== undefined ? shownVariant(value) : value)
  },
  view(id, state) {
    const title = valueAt(state, 'fields', 'title')
    if (typeof title !== 'string') return undefined
    const description = valueAt(state, 'fields', 'description')
    return {
      id,
      title,
      description: typeof description === 'string' ? description : '',
      tags: Object.keys(state.tags ?? {}).sort(compareText),
      variants: standingEntries(state, 'variants').flatMap(([sku, { value }]) => readVariant(state, sku, value) ?? []),
      archived: valueAt(state, 'fields', 'archived') === true,
      updatedAt: latestTime(state),
    }
  },
  index: (product) => ({
    sortKey: '',
    owner: null,
    status: product.archived ? 'ARCHIVED' : 'ACTIVE',
    tags: product.tags,
    aliases: product.variants.map(aliasOf),
    searchText: [
      product.title,
      product.tags.join(' '),
      product.variants.map(({ sku, title }) => `${sku} ${title}`).join(' '),
      product.description,
    ],
  }),
}
