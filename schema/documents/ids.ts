// Which ids a caller may make, and the ids made from them. Ids are unique over all kinds, so what the system names
// itself must not collide with what callers name. Knows no kind.

/** 1 to 128 letters, digits and `. _ : ~ -`, beginning with a letter or digit. */
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}$/

const stockPrefix = 'stock:'
const variantPrefix = 'variant:'
const incidentPrefix = 'incident:'
const conflictPrefix = 'conflict:'
const eventPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:@\d+)?:\d+$/

export const idRule =
  'use 1 to 128 letters, digits, ".", "_", ":", "~" or "-", beginning with a letter or digit, ' +
  'not beginning with "stock:", "variant:", "incident:" or "conflict:" and not like "region:7"'

const reserved = [stockPrefix, variantPrefix, incidentPrefix, conflictPrefix]

/** True where `text` may be the id of something that a caller makes; SKUs and line ids follow the same rule. */
export function isCallerId(text: string): boolean {
  if (!idPattern.test(text)) return false
  if (reserved.some((prefix) => text.startsWith(prefix))) return false
  return !text.includes(':') || !eventPattern.test(text)
}

/** The id of a SKU's stock level. */
export function stockId(sku: string): string {
  return stockPrefix + sku
}

/** The id of a product variant. */
export function variantId(sku: string): string {
  return variantPrefix + sku
}

/** The id of an event. */
export function eventId(origin: string, sequence: number): string {
  return `${origin}:${sequence}`
}

/** The id of an incident: of `region`, of a kind, about `subject`. */
export function incidentId(region: string, kind: string, subject: string): string {
  return `${incidentPrefix}${region}:${kind}:${subject}`
}

/** The id of a conflict that a pair belongs to. */
export function conflictId(pair: string): string {
  return conflictPrefix + pair
}

export const skuAliasPrefix = 'sku:'
export const emailAliasPrefix = 'email:'

/** The alias under which the product that sells a SKU is found. */
export function skuAlias(sku: string): string {
  return skuAliasPrefix + sku
}

/** The alias under which the customer with an email is found; `hash` is the email's keyed hash, hex. */
export function emailAlias(hash: string): string {
  return emailAliasPrefix + hash
}

export type IdParts =
  | { readonly type: 'stock'; readonly sku: string }
  | { readonly type: 'variant'; readonly sku: string }
  | { readonly type: 'event'; readonly origin: string; readonly sequence: number }
  | { readonly type: 'incident'; readonly region: string }
  | { readonly type: 'conflict'; readonly pair: string }
  | { readonly type: 'document'; readonly id: string }

/** What an id names; a document's kind is not in its id. Null where it can name nothing. */
export function readId(id: string): IdParts | null {
  if (id.startsWith(stockPrefix)) return { type: 'stock', sku: id.slice(stockPrefix.length) }
  if (id.startsWith(variantPrefix)) return { type: 'variant', sku: id.slice(variantPrefix.length) }
  if (eventPattern.test(id)) {
    const colon = id.lastIndexOf(':')
    return { type: 'event', origin: id.slice(0, colon), sequence: Number(id.slice(colon + 1)) }
  }
  if (id.startsWith(incidentPrefix)) return { type: 'incident', region: id.split(':')[1] ?? '' }
  if (id.startsWith(conflictPrefix)) return { type: 'conflict', pair: id.slice(conflictPrefix.length) }
  return isCallerId(id) ? { type: 'document', id } : null
}
