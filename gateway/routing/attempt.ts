// One attempt at one region: sends the body, reads the answer, and says in which of the ways it failed. Decides nothing
// about trying again (forward.ts).

import type { Readable } from 'node:stream'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { Pool } from 'undici'

export interface RegionAnswer {
  readonly region: RegionId
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The whole body, or its beginning where `rest` is not null. */
  readonly head: Buffer
  readonly rest: Readable | null
}

export type AttemptOutcome =
  | { readonly kind: 'answered'; readonly answer: RegionAnswer }
  /** `reached` is false where the region cannot have seen the request. */
  | { readonly kind: 'lost'; readonly reached: boolean; readonly why: string }
  | { readonly kind: 'slow'; readonly why: string }
  | { readonly kind: 'cancelled' }

/** Up to this much of an answer is read before any of it is passed on, so that a region that dies meanwhile is no error yet. */
export const wholeAnswerBytes = 1024 * 1024

const neverReached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

export interface AttemptRequest {
  readonly region: RegionId
  readonly pool: Pool
  readonly body: string | Buffer
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export async function attempt(request: AttemptRequest): Promise<AttemptOutcome> {
  // By hand: AbortSignal.any and AbortSignal.timeout cost more than the rest of the attempt.
  const stop = new AbortController()
  let late = false
  const timer = setTimeout(
    () => {
      late = true
      stop.abort()
    },
    Math.max(1, request.timeoutMs),
  )
  const onAbort = () => stop.abort()
  request.signal.addEventListener('abort', onAbort)
  const settle = () => {
    clearTimeout(timer)
    request.signal.removeEventListener('abort', onAbort)
  }
  try {
    const response = await request.pool.request({
      method: 'POST',
      path: '/graphql',
      headers: { ...request.headers, 'content-type': 'application/json', accept: 'application/json' },
      body: request.body,
      signal: stop.signal,
    })
    const { head, rest } = await readHead(response.body, Number(response.headers['content-length'] ?? Number.NaN))
    // A long answer goes on under the same limits until it is through.
    if (rest === null) settle()
    else rest.once('close', settle)
    const headers = passedOn(response.headers)
    return {
      kind: 'answered',
      answer: { region: request.region, status: response.statusCode, headers, head, rest },
    }
  } catch (error) {
    settle()
    if (request.signal.aborted) return { kind: 'cancelled' }
    if (late) return { kind: 'slow', why: `no answer within ${Math.round(request.timeoutMs)} ms` }
    const code = errorCode(error)
    return { kind: 'lost', reached: !neverReached.has(code), why: lossInWords(code, error) }
  }
}

async function readHead(
  body: Readable & { arrayBuffer(): Promise<ArrayBuffer> },
  length: number,
): Promise<{ head: Buffer; rest: Readable | null }> {
  if (length <= wholeAnswerBytes) return { head: Buffer.from(await body.arrayBuffer()), rest: null }
  const chunks: Buffer[] = []
  let bytes = 0
  const iterator = body.iterator({ destroyOnReturn: false })
  for await (const chunk of iterator) {
    const buffer = Buffer.from(chunk)
    chunks.push(buffer)
    bytes += buffer.length
    if (bytes > wholeAnswerBytes) return { head: Buffer.concat(chunks), rest: body }
  }
  return { head: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks), rest: null }
}

function passedOn(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const passes = name.startsWith('causeway-') || name === 'content-type' || name === 'retry-after'
    if (passes && value !== undefined) kept[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return kept
}

/** The code of an error, or of the first of those that it gathers. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  if ('errors' in error && Array.isArray(error.errors)) return errorCode(error.errors[0])
  return 'cause' in error ? errorCode(error.cause) : ''
}

export function lossInWords(code: string, error: unknown): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refuses connections'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host name is unknown'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route to it'
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'cannot be connected to in time'
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return 'broke the connection'
    default:
      return error instanceof Error ? error.message : String(error)
  }
}
