// One call for one command, or for direct changes that leave together, and what it came to. Knows no queue.

import { answerOf, answersOfUnits, recordAt } from './answer.ts'
import type { Connection } from './connection.ts'
import { isLeased, type LeaseSender } from './leases/sending.ts'
import { applyUnits, mutationOf } from './operations.ts'
import type { Answer, QueuedCommand } from './outbox/outbox.ts'
import type { RegionClock } from './region-clock.ts'

export async function sendWork(
  connection: Connection,
  clock: RegionClock,
  leases: LeaseSender,
  commands: readonly QueuedCommand[],
  resent: boolean,
): Promise<ReadonlyMap<string, Answer>> {
  const [first] = commands
  if (first === undefined) return new Map()
  if (isLeased(first)) return new Map([[first.id, await leases.send(first, resent)]])
  if (first.name !== 'change') {
    const input = { ...first.input, idempotencyKey: first.id }
    const answer = answerOf(first.name, await connection.request(mutationOf(first.name), { input }, resent))
    return new Map([[first.id, answer]])
  }
  const input = { units: commands.map((command) => command.input) }
  const reply = await connection.request(applyUnits, { input }, resent)
  const now = reply.kind === 'data' ? recordAt(reply.data, 'applyUnits')?.now : null
  // Before the answers are taken: what is made anew because its time was wrong gets the right one.
  if (typeof now === 'string') clock.set(Date.parse(now))
  return answersOfUnits(
    commands.map(({ id }) => id),
    reply,
  )
}
