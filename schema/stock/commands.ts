// receiveStock and recordStockMovements: units that come and go without an order. Keyed, and told in the outcome, so
// that a duplicate answered in another region can be taken back (I2, I4). Knows no order.

import * as z from 'zod'
import { stampTime } from '../clock/device-time.ts'
import type { CommitEvent } from '../commit/commit.ts'
import {
  accept,
  type CommandDefinition,
  noReads,
  refuse,
  type StockNeed,
  type UserError,
  type UserErrorCode,
} from '../documents/command.ts'
import { skuAlias, stockId } from '../documents/ids.ts'
import {
  findRepeat,
  idInput,
  instantInput,
  isId,
  isQuantity,
  listInput,
  membersOf,
  parserOf,
  quantityInput,
} from '../documents/parsing.ts'
import { refuseUnlessStaff } from '../documents/principals.ts'
import { productKind } from '../documents/product/kind.ts'
import { StockLedger } from './ledger.ts'
import { writeOutcome } from './reversal.ts'

export const maximumMovements = 10_000

const receiveStockInput = z.object({ sku: idInput, quantity: quantityInput(1) })

export type ReceiveStockInput = z.infer<typeof receiveStockInput>

export const receiveStock: CommandDefinition<ReceiveStockInput> = {
  name: 'receiveStock',
  parse: parserOf(receiveStockInput),
  reads: ({ sku }) => ({ ...noReads, aliases: [skuAlias(sku)], skus: [sku] }),
  run(context, { sku, quantity }) {
    const forbidden = refuseUnlessStaff(context.principal)
    if (forbidden !== null) return refuse(forbidden)
    if (context.byAlias(productKind, skuAlias(sku)) === undefined)
      return refuse({ code: 'NOT_FOUND', message: `No product sells SKU ${sku}.`, field: ['sku'], sku })
    const ledger = new StockLedger(context)
    const rejection = ledger.move({ kind: 'RECEIPT', sku, quantity })
    if (rejection !== null) return refuse({ ...rejection, field: ['quantity'], sku })
    const data = { sku, quantity, ...(ledger.waits && { pending: true }) }
    return accept({
      events: [{ type: 'stock.received', entityId: stockId(sku), data, placement: 'everywhere' }],
      stock: ledger.effects(),
      obligations: ledger.obligations(),
      result: { sku, ...writeOutcome(ledger.outcome()) },
    })
  },
}

const movementKinds = ['RECEIPT', 'SALE', 'RETURN', 'WRITE_OFF'] as const

const movementInput = z.object({
  id: idInput,
  sku: idInput,
  kind: z.enum(movementKinds),
  quantity: quantityInput(1),
  at: instantInput.nullish(),
})

export type StockMovementInput = z.infer<typeof movementInput>

/** One that breaks a rule of shape or range: it is rejected, and the others stand. */
export interface MalformedMovement {
  readonly id: string
  readonly fault: string
}

/** Reads every movement, sound or not; the command reads the same. What has no id cannot be told by it. */
export const checkedMovements = z
  .array(
    z.transform((value: unknown, context): StockMovementInput | MalformedMovement => {
      const parsed = movementInput.safeParse(value)
      if (parsed.success) return parsed.data
      const { id } = membersOf(value) ?? {}
      if (typeof id === 'string') return { id, fault: faultOf(parsed.error) }
      context.addIssue({ code: 'custom', path: ['id'], message: 'Give an id.' })
      return z.NEVER
    }),
  )
  .max(maximumMovements, `Give up to ${maximumMovements} movements: split the list.`)

function faultOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(' ')
}

function isSound(movement: StockMovementInput | MalformedMovement): movement is StockMovementInput {
  return !('fault' in movement)
}

const kinds: ReadonlySet<unknown> = new Set(movementKinds)

function readMovement(value: unknown): StockMovementInput | undefined {
  const { id, sku, kind, quantity, at } = membersOf(value) ?? {}
  if (!isId(id) || !isId(sku) || !kinds.has(kind) || !isQuantity(quantity, 1)) return undefined
  // Instants are read in several notations: that is left to the schema.
  if (at !== undefined && at !== null) return undefined
  return { id, sku, kind: kind as StockMovementInput['kind'], quantity, at }
}

const recordStockMovementsInput = z.object({
  movements: listInput<StockMovementInput | MalformedMovement>(
    checkedMovements,
    maximumMovements,
    readMovement,
  ).superRefine((movements, context) => {
    const repeat = findRepeat(movements, ({ id }) => id)
    if (repeat === null) return
    context.addIssue({ code: 'custom', path: [repeat, 'id'], message: 'Give each movement its own id.' })
  }),
})

export type RecordStockMovementsInput = z.infer<typeof recordStockMovementsInput>

/** In `result.rejected` of an accepted decision; where units were lacking, how many are known, and where. */
export type RejectedMovement = {
  readonly id: string
  readonly code: UserErrorCode
  readonly message: string
  readonly sku?: string
  readonly available?: number
  readonly rights?: readonly { readonly region: string; readonly units: number }[]
}

/** In `result.restamped`, absent where there is none: it was given a time ahead of the region's. */
export type RestampedMovement = { readonly id: string; readonly at: number }

export const recordStockMovements: CommandDefinition<RecordStockMovementsInput> = {
  name: 'recordStockMovements',
  parse: parserOf(recordStockMovementsInput),
  reads: ({ movements }) => {
    const skus = [...new Set(movements.filter(isSound).map(({ sku }) => sku))]
    return { ...noReads, aliases: skus.map(skuAlias), skus }
  },
  needs: ({ movements }) => unitsTaken(movements.filter(isSound)),
  run(context, { movements }) {
    const forbidden = refuseUnlessStaff(context.principal)
    if (forbidden !== null) return refuse(forbidden)
    const ledger = new StockLedger(context)
    const rejected: RejectedMovement[] = []
    const restamped: RestampedMovement[] = []
    const events: CommitEvent[] = []
    const sold = new Set<string>()
    for (const movement of movements) {
      if (!isSound(movement)) {
        rejected.push({ id: movement.id, code: 'INVALID', message: movement.fault })
        continue
      }
      const { id, sku } = movement
      // Most movements are of a few SKUs: each is looked up once.
      if (!sold.has(sku) && context.byAlias(productKind, skuAlias(sku)) !== undefined) sold.add(sku)
      if (!sold.has(sku)) {
        rejected.push({ id, code: 'NOT_FOUND', message: `No product sells SKU ${sku}.`, sku })
        continue
      }
      const rejection = ledger.move(movement)
      if (rejection === null) {
        const stamp = movement.at == null ? null : stampTime(movement.at, context.time.wallMs)
        events.push(eventOf(movement, stamp?.ms, ledger.waits))
        if (stamp?.isAgain) restamped.push({ id, at: stamp.ms })
      } else rejected.push(rejectedAs(movement, rejection))
    }
    return accept({
      events,
      stock: ledger.effects(),
      obligations: ledger.obligations(),
      ...(ledger.isShort && { shortages: ledger.shortages(unitsTaken(movements.filter(isSound), ledger.waits)) }),
      result: {
        ...{ accepted: events.length, taken: events.length, rejected },
        ...(restamped.length > 0 && { restamped }),
        ...writeOutcome(ledger.outcome()),
      },
    })
  },
}

function rejectedAs(
  { id, sku }: StockMovementInput,
  { code, message, available, rights }: UserError,
): RejectedMovement {
  return { id, code, message, sku, ...(available !== undefined && { available }), ...(rights && { rights }) }
}

/** By SKU, as many as there must be for all of them: what comes in behind a sale is not there for it, and what `waits` for none. */
function unitsTaken(movements: readonly StockMovementInput[], waits = false): readonly StockNeed[] {
  const sums = new Map<string, number>()
  const most = new Map<string, number>()
  for (const { sku, kind, quantity } of movements) {
    const isTaken = kind === 'SALE' || kind === 'WRITE_OFF'
    if (!isTaken && waits) continue
    const sum = (sums.get(sku) ?? 0) + (isTaken ? quantity : -quantity)
    sums.set(sku, sum)
    if (sum > (most.get(sku) ?? 0)) most.set(sku, sum)
  }
  return [...most].map(([sku, units]) => ({ sku, units }))
}

function eventOf(movement: StockMovementInput, at: number | undefined, waits: boolean): CommitEvent {
  const { id, sku, kind, quantity } = movement
  const creates = kind === 'RECEIPT' || kind === 'RETURN'
  return {
    type: 'stock.moved',
    entityId: stockId(sku),
    data: {
      id,
      kind,
      quantity,
      ...(at !== undefined && { at: new Date(at).toISOString() }),
      ...(waits && creates && { pending: true }),
    },
    placement: 'everywhere',
  }
}
