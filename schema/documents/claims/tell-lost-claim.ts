// tellLostClaim, an internal command: says that a claim which was made here has lost its name to an earlier one from
// elsewhere. Once for each pair; nothing where the claim has been given up meanwhile.

import * as z from 'zod'
import { accept, type CommandDefinition, noReads } from '../command.ts'
import { parserOf } from '../parsing.ts'
import { kindOf } from '../registry.ts'
import { claimOf, isEarlier, lostClaimData, lostClaimEvent } from './lost-claim.ts'

/** The document whose claim has lost, and the name that it claims. */
export interface TellLostClaimInput {
  readonly kind: string
  readonly id: string
  readonly name: string
}

/** What has been told; callers' keys never start with a colon. */
function toldKey({ kind, id, name }: TellLostClaimInput): string {
  return `:claim:${kind}/${id}:${name}`
}

export const tellLostClaim: CommandDefinition<TellLostClaimInput> = {
  name: 'tellLostClaim',
  parse: parserOf(z.object({ kind: z.string(), id: z.string(), name: z.string() })),
  reads: (input) => ({
    ...noReads,
    documents: [{ kind: input.kind, id: input.id }],
    aliases: [input.name],
    keys: [toldKey(input)],
  }),
  run(context, input) {
    const nothing = accept({ result: {} })
    const kind = kindOf(input.kind)
    const loser = kind && context.view(kind, input.id)
    const holder = kind && context.byAlias(kind, input.name)
    if (kind === undefined || loser === undefined || holder === undefined) return nothing
    const holderId = (holder as { readonly id: string }).id
    const lost = claimOf(input.id, kind.index(loser).aliases, input.name)
    const held = claimOf(holderId, kind.index(holder).aliases, input.name)
    if (lost === undefined || held === undefined || lost.id === held.id) return nothing
    if (lost.region !== context.region || !isEarlier(held, lost)) return nothing
    const data = lostClaimData({ kind: kind.name, name: input.name, lost, held })
    const told = context.outcomes(toldKey(input))
    if (told.some(({ result }) => JSON.stringify(result) === JSON.stringify(data))) return nothing
    return accept({
      events: [{ type: lostClaimEvent, entityId: input.id, data, placement: 'everywhere' }],
      record: { key: toldKey(input), result: data },
      result: {},
    })
  },
}
