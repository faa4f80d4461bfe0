// Stock lent to devices: one lease, and the commands that open and close it.

import type { CommandDefinition } from '@causeway/schema/documents/command'
import { closeLease } from '@causeway/schema/documents/lease/close-lease'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import { leaseStock } from '@causeway/schema/documents/lease/lease-stock'
import type { GraphQLResolveInfo } from 'graphql'
import type { RequestContext } from '../../context.ts'
import { keyOf, runCommand } from '../../mutate.ts'

async function readLease(id: string, context: RequestContext) {
  const view = await context.loaders.document(leaseKind, id)
  if (view === undefined) return null
  const { fold, records: _, ...lease } = view
  const chain = { lastEntry: fold.last?.entry.number ?? 0, forked: fold.forks.length > 0 }
  return { __typename: 'StockLease' as const, ...lease, ...chain }
}

/** Null where there is none, or it is another device's. */
export async function loadLease(id: string, context: RequestContext) {
  const lease = await readLease(id, context)
  return lease !== null && context.sees(lease.deviceId) ? lease : null
}

interface LeaseArgs {
  readonly input: { readonly idempotencyKey?: string | null }
}

function change<Input>(command: CommandDefinition<Input>) {
  return async (_: unknown, { input }: LeaseArgs, context: RequestContext, info: GraphQLResolveInfo) => {
    const { result, answer } = await runCommand(command, input, keyOf(input, context, info), context)
    const lease = () => (typeof result?.id === 'string' ? readLease(result.id, context) : null)
    return { ...answer, lease }
  }
}

export const leaseResolvers = {
  Mutation: { leaseStock: change(leaseStock), closeLease: change(closeLease) },
}
