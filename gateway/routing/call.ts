// One operation as it came in, whatever carried it: HTTP, WebSocket or server-sent events.

import { randomUUID } from 'node:crypto'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { Principal } from '@causeway/schema/documents/command'

export interface Call {
  readonly query: string
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
  /** The JSON body as it came in, sent on unchanged. */
  readonly body: string | Buffer
  readonly principal: Principal
  /** What travels on to regions: authorization, the causeway headers, the caller's idempotency key. */
  readonly headers: Readonly<Record<string, string>>
  /** Answer from this region only; operators may ask for it. */
  readonly pinned: RegionId | undefined
  /** Wall time by which the caller wants an answer. */
  readonly deadlineAt: number
  readonly signal: AbortSignal
}

const travelling = [
  'authorization',
  'causeway-consistency',
  'causeway-token',
  'causeway-durability',
  'idempotency-key',
  // Set by callers that resend on their own, as the SDK does.
  'causeway-resent',
  'traceparent',
  'tracestate',
] as const

/** The headers of `from` that travel on, names in lower case. */
export function travellingHeaders(from: Readonly<Record<string, unknown>>): Record<string, string> {
  const lower = new Map(Object.entries(from).map(([name, value]) => [name.toLowerCase(), value]))
  const kept: Record<string, string> = {}
  for (const name of travelling) {
    const value = lower.get(name)
    if (typeof value === 'string' && value !== '') kept[name] = value
  }
  return kept
}

/** The headers of a mutation: with the caller's key, or one made here, so that it may be sent again (G2). */
export function keyed(headers: Readonly<Record<string, string>>): Record<string, string> {
  // The IETF draft writes the key as a quoted string; bare, it can be the beginning of another key.
  const given = headers['idempotency-key']?.trim().replace(/^"(.*)"$/, '$1')
  return { ...headers, 'idempotency-key': given === undefined || given === '' ? randomUUID() : given }
}
