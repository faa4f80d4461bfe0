// As whom a pending command is run on the device. Who may do what is the region's to say, for a device does not know its token's
// roles: it takes its user for one who may. But what a return comes to depends on who asks, and that is to be guessed carefully:
// whose order it is announces what comes back, and nothing of it is for sale before somebody has taken it in. Pure.

import type { Principal } from '@causeway/schema/documents/command'
import type { CommandName } from '../operations.ts'

/** `ownerOf`: the customer of an order as it is shown; null where it has none or is not known. */
export function askerOf(
  user: string,
  { name, input }: { readonly name: CommandName; readonly input: object },
  ownerOf: (order: string) => string | null,
): Principal {
  const isOwn = name === 'returnOrderLines' && 'id' in input && ownerOf(String(input.id)) === user
  return { subject: user, roles: [isOwn ? 'customer' : 'operator'], region: null }
}
