// POST /graphql: one operation in, one JSON answer out, long answers as a stream.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { faultAnswer, GatewayFault } from '../errors.ts'
import { type Answer, jsonAnswer, type Operations, toFault } from '../operations.ts'
import { type Door, makeCall } from './admit.ts'
import { parseOperation, readBody } from './body.ts'

export async function answerPost(
  operations: Operations,
  door: Door,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const left = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) left.abort()
  })
  const answer = await answerOf(operations, door, request, left.signal)
  await send(response, answer)
}

async function answerOf(
  operations: Operations,
  door: Door,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const type = request.headers['content-type'] ?? ''
    // A page from elsewhere can send forms and plain text without asking; JSON it cannot.
    if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
      const message = 'Send the operation as JSON, with the header "content-type: application/json".'
      throw new GatewayFault('BAD_USER_INPUT', message, 415)
    }
    const body = await readBody(request)
    const call = await makeCall(door, parseOperation(body), request.headers, signal, body)
    return await operations.answer(call)
  } catch (error) {
    const fault = toFault(error)
    return jsonAnswer(fault.status, faultAnswer(fault))
  }
}

export async function send(response: ServerResponse, answer: Answer): Promise<void> {
  if (response.destroyed) {
    answer.rest?.destroy()
    return
  }
  if (answer.rest === null) {
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.head.length })
    response.end(answer.head)
    return
  }
  response.writeHead(answer.status, answer.headers)
  response.write(answer.head)
  try {
    await pipeline(answer.rest, response)
  } catch {
    // The region or the caller left in the middle of a long answer; the cut connection tells the other.
    response.destroy()
  }
}
