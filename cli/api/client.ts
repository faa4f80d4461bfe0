// A caller of the gateway's GraphQL API for commands: one connection pool, answers checked by the caller's zod schema,
// failures as one error that says whether the same request may succeed later. Knows no operation.

import { Pool } from 'undici'
import { z } from 'zod'
import { codeOf, Failure, messageOf, UsageFailure } from '../failure.ts'

export interface CallOptions {
  /** Answer from this region only. */
  readonly region?: string
  /** Answer from a state that holds at least this. */
  readonly token?: string
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** `UNREACHABLE`: the gateway itself did not answer. Else the `extensions.code` of the first error. */
export class ApiError extends Failure {
  readonly code: string
  /** The same request, with the same key, may succeed later. */
  readonly retry: boolean
  constructor(code: string, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.name = 'ApiError'
    this.code = code
    this.retry = retryCodes.has(code)
  }
}

const retryCodes: ReadonlySet<string> = new Set([
  'UNREACHABLE',
  'REGION_UNAVAILABLE',
  'HOME_UNREACHABLE',
  'OUTCOME_PENDING',
  'RATE_LIMITED',
  'STALE_READ',
  'TIMEOUT',
])

const defaultTimeoutMs = 30_000
const maximumConnections = 64

const answerSchema = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.object({ code: z.string().optional() }).optional() }))
    .optional(),
})

export class ApiClient {
  readonly url: URL
  readonly #pool: Pool
  readonly #token: string | undefined

  constructor(url: string, token: string | undefined) {
    this.url = graphqlUrl(url)
    this.#token = token
    this.#pool = new Pool(this.url.origin, { connections: maximumConnections, pipelining: 1 })
  }

  /** The data of an answer without errors; else throws ApiError. */
  async call<Data>(
    schema: z.ZodType<Data>,
    query: string,
    variables: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Promise<Data> {
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
    const timeout = AbortSignal.timeout(timeoutMs)
    const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal])
    const headers: Record<string, string> = { 'content-type': 'application/json', accept: 'application/json' }
    if (this.#token !== undefined) headers.authorization = `Bearer ${this.#token}`
    if (options.region !== undefined) headers['causeway-region'] = options.region
    if (options.idempotencyKey !== undefined) headers['idempotency-key'] = options.idempotencyKey
    if (options.token !== undefined) {
      headers['causeway-token'] = options.token
      headers['causeway-consistency'] = 'session'
    }
    let status: number
    let text: string
    try {
      const body = JSON.stringify({ query, variables })
      const response = await this.#pool.request({ method: 'POST', path: this.url.pathname, headers, body, signal })
      status = response.statusCode
      text = await response.body.text()
    } catch (error) {
      if (options.signal?.aborted === true) throw error
      throw this.#unreachable(error, timeout.aborted, timeoutMs)
    }
    return this.#read(schema, status, text)
  }

  #unreachable(error: unknown, timedOut: boolean, timeoutMs: number): ApiError {
    if (timedOut) return new ApiError('TIMEOUT', `${this.url.origin} did not answer within ${timeoutMs / 1000} s`)
    const refused = codeOf(error) === 'ECONNREFUSED'
    const reason = refused ? 'nothing listens there; is the gateway running?' : messageOf(error)
    return new ApiError('UNREACHABLE', `cannot reach ${this.url.origin}: ${reason}`, { cause: error })
  }

  #read<Data>(schema: z.ZodType<Data>, status: number, text: string): Data {
    const answer = answerSchema.safeParse(parseJson(text))
    if (!answer.success) {
      throw new ApiError(
        status >= 500 ? 'UNREACHABLE' : 'INTERNAL',
        `${this.url.href} answered ${status} and no GraphQL: is it a Causeway gateway?`,
      )
    }
    const [first] = answer.data.errors ?? []
    if (first !== undefined) throw new ApiError(first.extensions?.code ?? 'INTERNAL', first.message)
    const data = schema.safeParse(answer.data.data)
    if (data.success) return data.data
    throw new ApiError('INTERNAL', `${this.url.href} answered in an unexpected shape: ${z.prettifyError(data.error)}`)
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}

/** `http://host:port` stands for its `/graphql`. */
export function graphqlUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new UsageFailure(`--url must be the gateway's address, for example http://127.0.0.1:4000, not "${text}"`)
  }
  if (url.pathname === '/' || url.pathname === '') url.pathname = '/graphql'
  return url
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
