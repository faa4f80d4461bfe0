// orderChanged: an order after every fact that changed how it looks. Orders follow from their facts, and events carry
// those, so what an order was at a token is what it is now without the facts that came since.

import { formatTime } from '@causeway/schema/clock/hybrid-clock'
import { regionOf } from '@causeway/schema/clock/origin'
import { covers, type VersionVector } from '@causeway/schema/clock/version-vector'
import { type DocumentState, emptyState } from '@causeway/schema/documents/document'
import { factIdOf, factsMap } from '@causeway/schema/documents/fact-change'
import { absorbFacts, type FactEvent } from '@causeway/schema/documents/facts'
import { orderKind } from '@causeway/schema/documents/order/kind'
import type { RequestContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { orderSource } from '../resolvers/order-source.ts'
import { closable, type Emission, heldOf, type Step, startOf, stepsAfter } from './stream.ts'

type OrderSource = ReturnType<typeof orderSource>

export interface OrderChangedArgs {
  readonly id: string
  readonly after?: string | null
}

/** Throws NOT_FOUND where there is no such order here that the caller may see. */
export async function orderChanges(
  { id, after }: OrderChangedArgs,
  context: RequestContext,
): Promise<AsyncIterableIterator<Emission<OrderSource>>> {
  const asked = startOf(after, context.region)
  // Before anything is read: what the token covers may be the order itself.
  const held = asked && (await heldOf(asked, context))
  const stored = await context.loaders.stored(orderKind, id)
  const known = stored && orderKind.view(id, stored.state)
  if (known === undefined || !context.sees(known.customerId))
    throw apiError('NOT_FOUND', `There is no order ${id} here.`)
  const { frontier } = await context.view.moment
  const start = held ?? frontier
  return closable((signal) => follow(id, stored?.state ?? emptyState, start, frontier, held === null, context, signal))
}

async function* follow(
  id: string,
  now: DocumentState,
  start: VersionVector,
  holds: VersionVector,
  showFirst: boolean,
  context: RequestContext,
  signal: AbortSignal,
): AsyncGenerator<Emission<OrderSource>> {
  const steps = stepsAfter(context.region, start, signal)
  const ahead: FactStep[] = []
  let reached = start
  while (!covers(reached, holds)) {
    const { done, value } = await steps.next()
    if (done === true) break
    ahead.push(...factsOf(id, value))
    reached = value.after
  }
  let state = withoutFacts(now, ahead)
  let shown = showOrder(id, state)
  if (showFirst && shown !== null) yield { value: shown, token: start }
  const absorb = (step: FactStep): OrderSource | null => {
    state = absorbFacts(state, [step.fact])
    const next = showOrder(id, state)
    if (next === null || JSON.stringify(next) === JSON.stringify(shown)) return null
    shown = next
    return next
  }
  for (const step of ahead) {
    const value = absorb(step)
    if (value !== null) yield { value, token: step.token }
  }
  for await (const step of steps) {
    for (const fact of factsOf(id, step)) {
      const value = absorb(fact)
      if (value !== null) yield { value, token: fact.token }
    }
  }
}

interface FactStep {
  readonly fact: FactEvent
  readonly token: VersionVector
}

function factsOf(id: string, { entry, behind, held }: Step): FactStep[] {
  const { origin, firstSequence, time } = entry.sealed
  return entry.commit.events.flatMap((event, index) => {
    const sequence = firstSequence + index
    if (sequence <= held || event.entityId !== id || !event.type.startsWith('order.')) return []
    const fact: FactEvent = { data: event.data, time, region: regionOf(origin) }
    return [{ fact, token: behind(sequence) }]
  })
}

function withoutFacts(state: DocumentState, steps: readonly FactStep[]): DocumentState {
  const later = new Set(steps.map(({ fact }) => writingOf(factIdOf(fact.data), fact)))
  const kept = Object.entries(state[factsMap] ?? {}).flatMap(([id, registers]) => {
    const earlier = registers.filter((register) => !later.has(writingOf(id, register)))
    return earlier.length === 0 ? [] : [[id, earlier] as const]
  })
  return { ...state, [factsMap]: Object.fromEntries(kept) }
}

/** One fact may have been written in two regions; each writing counts. */
function writingOf(id: string, { time, region }: Pick<FactEvent, 'time' | 'region'>): string {
  return `${id}/${formatTime(time)}/${region}`
}

function showOrder(id: string, state: DocumentState): OrderSource | null {
  const view = orderKind.view(id, state)
  return view === undefined ? null : orderSource(view)
}
