// Anything by its id, and federation's entities by their keys.

import { cartKind } from '@causeway/schema/documents/cart/kind'
import { customerKind } from '@causeway/schema/documents/customer/kind'
import { readId } from '@causeway/schema/documents/ids'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { productKind } from '@causeway/schema/documents/product/kind'
import { regionSdl } from '@causeway/schema/sdl/region'
import type { RequestContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { loadCart } from './cart.ts'
import { loadConflict } from './conflict.ts'
import { loadCustomer } from './customer.ts'
import { loadEvent } from './event.ts'
import { loadIncident } from './incident.ts'
import { loadLease } from './lease/lease.ts'
import { loadOrder } from './order.ts'
import { loadProduct, loadVariant } from './product.ts'
import { loadLevel } from './stock.ts'

type Load = (id: string, context: RequestContext) => Promise<object | null>

/** Kinds that the API shows; a contact shows only as part of its customer. */
const loadByKind: Readonly<Record<string, Load>> = {
  [productKind.name]: loadProduct,
  [orderKind.name]: loadOrder,
  [leaseKind.name]: loadLease,
  [customerKind.name]: loadCustomer,
  [cartKind.name]: loadCart,
}

async function loadNode(id: string, context: RequestContext): Promise<object | null> {
  const parts = readId(id)
  switch (parts?.type) {
    case undefined:
      return null
    case 'stock':
      return await loadLevel(parts.sku, context)
    case 'variant':
      return await loadVariant(parts.sku, context)
    case 'event':
      return await loadEvent(parts.origin, parts.sequence, context)
    case 'incident':
      return await loadIncident(id, context)
    case 'conflict':
      return await loadConflict(parts.pair, context)
    case 'document': {
      const kinds = await context.loaders.kindsOf(id)
      const load = kinds.flatMap((kind) => loadByKind[kind] ?? [])[0]
      return load === undefined ? null : await load(id, context)
    }
  }
}

export const maximumRepresentations = 1_000

interface Representation {
  readonly __typename?: unknown
  readonly id?: unknown
  readonly sku?: unknown
}

async function entities(
  _: unknown,
  args: { readonly representations: readonly Representation[] },
  context: RequestContext,
) {
  const { representations } = args
  if (representations.length > maximumRepresentations) {
    throw apiError(
      'COST_LIMIT',
      `Up to ${maximumRepresentations} representations at once; these are ${representations.length}.`,
    )
  }
  context.spend(representations.length)
  return await Promise.all(representations.map((one) => loadEntity(one, context)))
}

async function loadEntity(
  { __typename: type, id, sku }: Representation,
  context: RequestContext,
): Promise<object | null> {
  if (typeof sku === 'string' && type === 'ProductVariant') return await loadVariant(sku, context)
  if (typeof sku === 'string' && type === 'StockLevel') return await loadLevel(sku, context)
  if (typeof id !== 'string') throw apiError('BAD_USER_INPUT', `A representation of ${String(type)} needs its key.`)
  const node = await loadNode(id, context)
  return node !== null && '__typename' in node && node.__typename === type ? node : null
}

export const entityResolvers = {
  Query: {
    node: (_: unknown, { id }: { readonly id: string }, context: RequestContext) => loadNode(id, context),
    _entities: entities,
    _service: () => ({ sdl: regionSdl }),
  },
}
