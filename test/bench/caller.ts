// Calls GraphQL over HTTP as a busy client would, and paces calls by a schedule that does not wait for answers, so that a
// slow answer counts against the answers behind it, too.

import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'

export type Json = Readonly<Record<string, unknown>>

export class Caller {
  readonly #pool: Pool

  constructor(url: string, connections = 16) {
    this.#pool = new Pool(url, { connections, pipelining: 1 })
  }

  /** The data. Throws with the first error of any kind, user errors of the one root field included. */
  call(query: string, variables: object = {}): Promise<Json> {
    return this.send(JSON.stringify({ query, variables }))
  }

  /** The same for a body that is ready. */
  async send(requestBody: string): Promise<Json> {
    const { statusCode, body } = await this.#pool.request({
      path: '/graphql',
      method: 'POST',
      headers: { 'content-type': 'application/json', 'apollo-require-preflight': 'true' },
      body: requestBody,
    })
    const answer = (await body.json()) as { data?: Json; errors?: { message: string }[] }
    if (answer.errors !== undefined || answer.data === undefined) {
      throw new Error(`HTTP ${statusCode}: ${JSON.stringify(answer.errors ?? answer).slice(0, 500)}`)
    }
    for (const root of Object.values(answer.data)) {
      const errors = (root as { userErrors?: unknown[] } | null)?.userErrors ?? []
      if (errors.length > 0) throw new Error(`refused: ${JSON.stringify(errors).slice(0, 500)}`)
    }
    return answer.data
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}

/** Runs `work` in `lanes` at a time, each as fast as it can, for `forMs`; returns how long it really took. */
export async function asFastAsPossible(lanes: number, forMs: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  const lane = async () => {
    while (performance.now() - start < forMs) await work()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return performance.now() - start
}

/**
 * Starts `work` `perSecond` times a second for `forMs`; latencies in milliseconds, from when each was due, or was started where the
 * timer, which knows whole milliseconds alone, was early.
 */
export async function atRate(perSecond: number, forMs: number, work: () => Promise<void>): Promise<number[]> {
  const start = performance.now()
  const latencies: number[] = []
  const running: Promise<void>[] = []
  const total = Math.round((perSecond * forMs) / 1000)
  for (let index = 0; index < total; index += 1) {
    const due = start + (index * 1000) / perSecond
    const early = due - performance.now()
    if (early > 0) await delay(early)
    const since = Math.min(due, performance.now())
    running.push(
      work().then(() => {
        latencies.push(performance.now() - since)
      }),
    )
  }
  await Promise.all(running)
  return latencies
}
