// Reads a request's body up to a limit. What is too much is drained for a while, so that the caller gets to read why.

import type { IncomingMessage } from 'node:http'

export type Body =
  | { readonly status: 'read'; readonly text: string }
  | { readonly status: 'tooLarge' }
  /** The caller went away. */
  | { readonly status: 'cut' }

/** How much more than the limit is read and thrown away before the connection is cut. */
const drainFactor = 16

export function readBody(request: IncomingMessage, limitBytes: number): Promise<Body> {
  const announced = Number(request.headers['content-length'] ?? 0)
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let received = 0
    const refuse = () => {
      chunks.length = 0
      resolve({ status: 'tooLarge' })
    }
    if (announced > limitBytes) refuse()
    request.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (received > limitBytes * drainFactor) request.destroy()
      else if (received > limitBytes) refuse()
      else if (announced <= limitBytes) chunks.push(chunk)
    })
    request.on('end', () => resolve({ status: 'read', text: Buffer.concat(chunks).toString('utf8') }))
    request.on('close', () => resolve({ status: 'cut' }))
    request.on('error', () => resolve({ status: 'cut' }))
  })
}
