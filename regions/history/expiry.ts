// How old a command is, as its idempotency key tells, and what becomes of one that is too old (I5). Pure.

import { type CommandDefinition, noReads, type UserError } from '@causeway/schema/documents/command'

/** A UUID of version 7 (RFC 9562) begins with the milliseconds of its making. */
const timedId = /([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/gi

/**
 * When a command was first issued: by the last such UUID anywhere in its key, so that an app may put a name before it and
 * a gateway one behind it. Null for any other key: its command counts as new.
 */
export function issuedAt(key: string): number | null {
  const last = [...key.matchAll(timedId)].at(-1)
  return last === undefined ? null : Number.parseInt(`${last[1]}${last[2]}`, 16)
}

/**
 * The command that takes the place of one that is too old. A key whose outcome is still known is answered from it as
 * ever, before anything is run; only where nothing is known any more is it refused, and the refusal kept like any other.
 */
export function expired<Input>(command: CommandDefinition<Input>, offlineMs: number): CommandDefinition<Input> {
  const days = Math.round(offlineMs / (24 * 3_600_000))
  const message = `This command was issued more than ${days} days ago: whether it was carried out before is no longer known. Look, and send it under a new key.`
  const error: UserError = { code: 'COMMAND_EXPIRED', message, field: ['idempotencyKey'] }
  const { name, parse } = command
  return {
    name,
    parse,
    reads: () => noReads,
    run: () => ({ status: 'refused', errors: [error], shortages: [] }),
  }
}
