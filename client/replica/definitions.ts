// The commands that a device can run on its replica: the very ones that regions run. Knows no replica.

import type { CommandDefinition } from '@causeway/schema/documents/command'
import { upsertCustomer } from '@causeway/schema/documents/customer/commands'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { returnOrderLines } from '@causeway/schema/documents/order/return'
import { cancelOrder, deliverOrder, shipOrder } from '@causeway/schema/documents/order/transitions'
import { receiveStock, recordStockMovements } from '@causeway/schema/stock/commands'
import type { CommandName } from '../operations.ts'

/** Each parses its own input: what is handed to `run` is what `parse` gave. */
export const definitions: Readonly<Record<CommandName, CommandDefinition<unknown>>> = {
  placeOrder: placeOrder as CommandDefinition<unknown>,
  cancelOrder: cancelOrder as CommandDefinition<unknown>,
  shipOrder: shipOrder as CommandDefinition<unknown>,
  deliverOrder: deliverOrder as CommandDefinition<unknown>,
  returnOrderLines: returnOrderLines as CommandDefinition<unknown>,
  upsertCustomer: upsertCustomer as CommandDefinition<unknown>,
  receiveStock: receiveStock as CommandDefinition<unknown>,
  recordStockMovements: recordStockMovements as CommandDefinition<unknown>,
}
