// GET (or POST) /graphql with Accept: text/event-stream: GraphQL over server-sent events, one stream for each operation.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ExecutionResult } from 'graphql'
import { createHandler } from 'graphql-sse/lib/use/http'
import { faultAnswer } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { type Operations, toFault } from '../operations.ts'
import { streamResults } from '../subscriptions/stream.ts'
import { type Door, makeCall } from './admit.ts'
import { badRequest, checkOperation } from './body.ts'

export type EventStreamHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export function makeEventStreamHandler(operations: Operations, door: Door, metrics: Metrics): EventStreamHandler {
  return createHandler({
    // One stream for each operation; the mode that shares one needs memory in the gateway between requests.
    authenticate: () => null,
    async onSubscribe(request, params) {
      const left = new AbortController()
      try {
        const operation = checkOperation(params)
        const shape = operations.shape(operation.query, operation.operationName)
        if (shape?.type === 'mutation' && request.method === 'GET') {
          throw badRequest('Mutations are not taken by GET.')
        }
        const call = await makeCall(door, operation, request.raw.headers, left.signal)
        return streamResults(operations, call, () => left.abort(), metrics) as AsyncGenerator<ExecutionResult>
      } catch (error) {
        const fault = toFault(error)
        const status = fault.status === 200 ? 400 : fault.status
        const headers = { 'content-type': 'application/json; charset=utf-8' }
        return [JSON.stringify(faultAnswer(fault)), { status, statusText: fault.code, headers }]
      }
    },
  })
}
