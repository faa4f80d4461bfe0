// Any operation as a stream of results, for transports that carry both: a subscription's messages, or the one answer of
// a query. Ends what feeds it as soon as the listener leaves.

import type { ExecutionResult } from 'graphql'
import { faultAnswer } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { type Operations, toFault } from '../operations.ts'
import type { Call } from '../routing/call.ts'
import { asResult, type JsonResult } from './result.ts'

/** The answer of a query or mutation as a result. */
export async function answerAsResult(operations: Operations, call: Call): Promise<ExecutionResult> {
  const answer = await operations.answer(call)
  const chunks = [answer.head]
  if (answer.rest !== null) for await (const chunk of answer.rest) chunks.push(Buffer.from(chunk))
  return asResult(JSON.parse(Buffer.concat(chunks).toString('utf8')) as JsonResult)
}

/** `leave` must abort the signal of `call`; it is called when the listener stops, or the stream ends. */
export function streamResults(
  operations: Operations,
  call: Call,
  leave: () => void,
  metrics: Metrics,
): AsyncIterableIterator<ExecutionResult> {
  const messages = subscribeOrFail(operations, call)
  const iterator: AsyncIterator<ExecutionResult> = messages[Symbol.asyncIterator]()
  let open = true
  metrics.subscriptions(1)
  const close = () => {
    if (!open) return
    open = false
    metrics.subscriptions(-1)
    leave()
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      try {
        const step = await iterator.next()
        if (step.done === true) close()
        return step
      } catch (error) {
        close()
        throw error
      }
    },
    async return() {
      close()
      // Not awaited: what feeds it may be waiting for its next event, and ends by the signal.
      iterator.return?.().catch(() => {})
      return { done: true, value: undefined }
    },
    async throw(error: unknown) {
      close()
      throw error
    },
  }
}

async function* subscribeOrFail(operations: Operations, call: Call): AsyncGenerator<ExecutionResult> {
  try {
    const shape = operations.shape(call.query, call.operationName)
    if (shape?.type !== 'subscription') {
      yield await answerAsResult(operations, call)
      return
    }
    yield* operations.subscribe(call, shape)
  } catch (error) {
    if (call.signal.aborted) return
    yield asResult(faultAnswer(toFault(error)))
  }
}
