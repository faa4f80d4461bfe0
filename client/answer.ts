// What a gateway's reply means for a queued command: an outcome, or why to ask again. Pure.

import type { CommandName, LeaseWork } from './operations.ts'
import type { Answer } from './outbox/outbox.ts'

/** One reply over HTTP. `errors` are GraphQL errors that left nothing usable; `code` is the first one's. */
export type Reply =
  | { readonly kind: 'data'; readonly data: Readonly<Record<string, unknown>>; readonly token: string | null }
  | { readonly kind: 'errors'; readonly code: string; readonly message: string }
  | { readonly kind: 'unreachable'; readonly reason: string }

/** Said before anything was run, and worth asking again. */
const notRun = new Set(['RATE_LIMITED', 'UNAUTHENTICATED', 'TOKEN_LOST'])

/** Said before anything was run, and the same request would meet the same. */
const rejected = new Set([
  'FORBIDDEN',
  'COST_LIMIT',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'LIMIT_EXCEEDED',
])

export function answerOf(name: CommandName | LeaseWork | 'applyUnits', reply: Reply): Answer {
  if (reply.kind === 'unreachable') return { kind: 'unanswered' }
  if (reply.kind === 'errors') {
    if (reply.code === 'OUTCOME_PENDING') return { kind: 'pending' }
    if (notRun.has(reply.code)) return { kind: 'unsent' }
    if (rejected.has(reply.code)) return { kind: 'rejected', code: reply.code, message: reply.message }
    // Faults of regions and codes that this version does not know: it may have run.
    return { kind: 'unanswered' }
  }
  const payload = recordAt(reply.data, name)
  if (payload === null) return { kind: 'unanswered' }
  const error = Array.isArray(payload.userErrors) ? asRecord(payload.userErrors[0]) : null
  if (error !== null) {
    const [code, message] = [text(error.code, 'INVALID'), text(error.message, '')]
    const field = Array.isArray(error.field) ? { field: error.field.map(String) } : {}
    return { kind: 'outcome', outcome: { status: 'refused', code, message, ...field } }
  }
  const token = payload.causalToken
  return {
    kind: 'outcome',
    outcome: { status: 'accepted', token: typeof token === 'string' ? token : reply.token, data: payload },
  }
}

/** What one call came to for each of its units, by id. A unit that is not named was not looked at, or nobody knows. */
export function answersOfUnits(ids: readonly string[], reply: Reply): ReadonlyMap<string, Answer> {
  const payload = reply.kind === 'data' ? recordAt(reply.data, 'applyUnits') : null
  if (payload === null || reply.kind !== 'data') {
    const all = answerOf('applyUnits', reply)
    return new Map(ids.map((id) => [id, all]))
  }
  const refused = Array.isArray(payload.userErrors) ? asRecord(payload.userErrors[0]) : null
  if (refused !== null) return answersOfRefusedCall(ids, refused)
  const token = typeof payload.causalToken === 'string' ? payload.causalToken : reply.token
  const given: readonly unknown[] = Array.isArray(payload.results) ? payload.results : []
  const results = given.map(asRecord).filter((one) => one !== null)
  return new Map(results.map((result) => [text(result.id, ''), answerOfUnit(result, token)]))
}

function answerOfUnit({ state, code, message }: Readonly<Record<string, unknown>>, token: string | null): Answer {
  if (state === 'ACCEPTED') return { kind: 'outcome', outcome: { status: 'accepted', token, data: {} } }
  if (state !== 'REFUSED') return { kind: 'pending' }
  return { kind: 'outcome', outcome: { status: 'refused', code: text(code, 'INVALID'), message: text(message, '') } }
}

/** The call was refused for one of its units: that one is refused, the others are sent again without it. */
function answersOfRefusedCall(
  ids: readonly string[],
  { code, message, field }: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, Answer> {
  const wrong = Array.isArray(field) && field[0] === 'units' ? Number(field[1]) : Number.NaN
  const rejected: Answer = { kind: 'rejected', code: text(code, 'INVALID'), message: text(message, '') }
  return new Map(ids.map((id, index) => [id, Number.isNaN(wrong) || index === wrong ? rejected : { kind: 'unsent' }]))
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

export function recordAt(value: unknown, key: string): Readonly<Record<string, unknown>> | null {
  return asRecord(asRecord(value)?.[key])
}

/** Reads an HTTP body. A field error beside whole root fields (an unreachable home, say) leaves the data standing. */
export function replyOf(status: number, body: unknown): Reply {
  const record = asRecord(body)
  const data = asRecord(record?.data)
  const errors = Array.isArray(record?.errors) ? record.errors : []
  const whole = data !== null && Object.keys(data).length > 0 && Object.values(data).every((value) => value !== null)
  if (data !== null && (errors.length === 0 || whole)) {
    const token = recordAt(record?.extensions, 'causeway')?.token
    return { kind: 'data', data, token: typeof token === 'string' ? token : null }
  }
  const first = asRecord(errors[0])
  if (first !== null) {
    const code = asRecord(first.extensions)?.code
    return { kind: 'errors', code: text(code, codeOfStatus(status)), message: text(first.message, `HTTP ${status}`) }
  }
  if (status >= 400 && status < 500) return { kind: 'errors', code: codeOfStatus(status), message: `HTTP ${status}` }
  return { kind: 'unreachable', reason: `HTTP ${status} without a GraphQL answer` }
}

function codeOfStatus(status: number): string {
  if (status === 401) return 'UNAUTHENTICATED'
  if (status === 403) return 'FORBIDDEN'
  if (status === 408) return 'TIMEOUT'
  if (status === 413) return 'LIMIT_EXCEEDED'
  if (status === 429) return 'RATE_LIMITED'
  return status < 500 ? 'BAD_REQUEST' : 'INTERNAL'
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}
