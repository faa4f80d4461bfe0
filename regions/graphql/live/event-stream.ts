// events: every event after a token, or from now on. Any token is a place between two events, within a commit, too.

import type { RequestContext } from '../context.ts'
import { type EventSource, eventsOf } from '../resolvers/event.ts'
import { closable, type Emission, startOf, stepsAfter } from './stream.ts'

export interface EventsChangedArgs {
  readonly after?: string | null
  readonly types?: readonly string[] | null
}

export function eventChanges(
  args: EventsChangedArgs,
  context: RequestContext,
): AsyncIterableIterator<Emission<EventSource>> {
  context.requireStaff('The log of events')
  const types = args.types == null ? null : new Set(args.types)
  // Not `now`: between reading the frontier and following, a commit could come that the first token would not tell of.
  const start = startOf(args.after, context.region) ?? context.region.frontier()
  return closable(async function* (signal) {
    for await (const { entry, behind, held } of stepsAfter(context.region, start, signal)) {
      for (const event of eventsOf(entry.sealed, entry.commit)) {
        if (event.sequence <= held || (types !== null && !types.has(event.type))) continue
        yield { value: event, token: behind(event.sequence) }
      }
    }
  })
}
