// Stock lent to devices: one lease, their list, and the commands that open and close one.

import type { CommandDefinition } from '@causeway/schema/documents/command'
import { closeLease } from '@causeway/schema/documents/lease/close-lease'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import { leaseStock } from '@causeway/schema/documents/lease/lease-stock'
import type { GraphQLResolveInfo } from 'graphql'
import type { RequestContext } from '../../context.ts'
import { keyOf, runCommand } from '../../mutate.ts'
import { type LeasesArgs, leaseSource, listLeases } from './lease-list.ts'

async function readLease(id: string, context: RequestContext) {
  const view = await context.loaders.document(leaseKind, id)
  return view === undefined ? null : leaseSource(view)
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
  Query: { leases: (_: unknown, args: LeasesArgs, context: RequestContext) => listLeases(args, context) },
  Mutation: { leaseStock: change(leaseStock), closeLease: change(closeLease) },
}
