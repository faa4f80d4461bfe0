// Reads and checks what came in as an operation. Knows no region and no schema.

import type { IncomingMessage } from 'node:http'
import { GatewayFault } from '../errors.ts'

export const bodyLimitBytes = 4 * 1024 * 1024

export interface OperationText {
  readonly query: string
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
}

/** How much more than the limit is read and thrown away, so that the caller gets to read why; then the connection is cut. */
const drainFactor = 16

/** Throws GatewayFault LIMIT_EXCEEDED (413) past the limit. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  let isTooLarge = Number(request.headers['content-length'] ?? 0) > bodyLimitBytes
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > bodyLimitBytes * drainFactor) throw tooLarge()
    if (bytes > bodyLimitBytes) isTooLarge = true
    if (isTooLarge) chunks.length = 0
    else chunks.push(chunk)
  }
  if (isTooLarge) throw tooLarge()
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}

function tooLarge(): GatewayFault {
  const message = `The body is over the limit of ${bodyLimitBytes} bytes (4 MB): nothing was written; send fewer items at a time.`
  return new GatewayFault('LIMIT_EXCEEDED', message, 413, { limitBytes: bodyLimitBytes })
}

/** Throws GatewayFault BAD_USER_INPUT (400) on what is no GraphQL request in JSON. */
export function parseOperation(body: Buffer): OperationText {
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString('utf8'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw badRequest(`The body is not JSON: ${why}`)
  }
  if (Array.isArray(parsed)) throw badRequest('Send one operation in a request: lists of them are not taken.')
  if (typeof parsed !== 'object' || parsed === null) throw badRequest('The body must be an object with a "query".')
  return checkOperation(parsed)
}

export function checkOperation(given: object): OperationText {
  const { query, operationName, variables } = given as Record<string, unknown>
  if (typeof query !== 'string' || query.trim() === '') throw badRequest('"query" must be the text of an operation.')
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') {
    throw badRequest('"operationName" must be a text.')
  }
  if (variables !== undefined && variables !== null && (typeof variables !== 'object' || Array.isArray(variables))) {
    throw badRequest('"variables" must be an object.')
  }
  return {
    query,
    operationName: operationName === null || operationName === '' ? undefined : operationName,
    variables: (variables ?? {}) as Readonly<Record<string, unknown>>,
  }
}

export function badRequest(message: string): GatewayFault {
  return new GatewayFault('BAD_USER_INPUT', message, 400)
}
