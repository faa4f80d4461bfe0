// The commands that simulated callers use, by name, as the API offers them. Knows no caller.

import { updateCart } from '@causeway/schema/documents/cart/commands'
import type { CommandDefinition } from '@causeway/schema/documents/command'
import { upsertCustomer } from '@causeway/schema/documents/customer/commands'
import { closeLease } from '@causeway/schema/documents/lease/close-lease'
import { leaseStock } from '@causeway/schema/documents/lease/lease-stock'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { returnOrderLines } from '@causeway/schema/documents/order/return'
import { cancelOrder, deliverOrder, shipOrder } from '@causeway/schema/documents/order/transitions'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { retireRegion } from '@causeway/schema/fence/commands'
import { receiveStock, recordStockMovements } from '@causeway/schema/stock/commands'

const commands = [
  placeOrder,
  shipOrder,
  deliverOrder,
  cancelOrder,
  returnOrderLines,
  receiveStock,
  recordStockMovements,
  upsertProduct,
  updateCart,
  upsertCustomer,
  leaseStock,
  closeLease,
  retireRegion,
] as const

export type CommandName =
  | 'placeOrder'
  | 'shipOrder'
  | 'deliverOrder'
  | 'cancelOrder'
  | 'returnOrderLines'
  | 'receiveStock'
  | 'recordStockMovements'
  | 'upsertProduct'
  | 'updateCart'
  | 'upsertCustomer'
  | 'leaseStock'
  | 'closeLease'
  | 'retireRegion'

const byName = new Map(commands.map((command) => [command.name, command as CommandDefinition<unknown>]))

export function commandNamed(name: string): CommandDefinition<unknown> {
  const command = byName.get(name)
  if (command === undefined) throw new Error(`no command is called ${name}`)
  return command
}
