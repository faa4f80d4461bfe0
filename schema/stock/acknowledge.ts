// acknowledge, an internal command: a commit that says only what its origin has applied, so that stability goes on
// where nothing is sold.

import * as z from 'zod'
import { accept, type CommandDefinition, noReads } from '../documents/command.ts'
import { parserOf } from '../documents/parsing.ts'

export const acknowledgedEvent = 'origin.acknowledged'

export const acknowledge: CommandDefinition<Readonly<Record<string, never>>> = {
  name: 'acknowledge',
  parse: parserOf(z.record(z.string(), z.never())),
  reads: () => noReads,
  run: ({ origin }) =>
    accept({
      events: [{ type: acknowledgedEvent, entityId: origin, data: {}, placement: 'everywhere' }],
      result: {},
    }),
}
