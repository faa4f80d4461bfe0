// Subgraphs that users add: one URL per region, SDL by `_service { sdl }` at start. The nearest region's is asked first,
// then the others; commands are sent once, for nothing tells that a user's subgraph knows our keys.

import type { ExecutionResult } from '@graphql-tools/utils'
import { print } from 'graphql'
import { request as httpRequest } from 'undici'
import { GatewayFault } from '../errors.ts'
import type { SubgraphAddress } from '../options.ts'
import { errorCode, lossInWords } from '../routing/attempt.ts'
import type { Fleet } from '../routing/fleet.ts'
import type { SubgraphSdl } from './compose.ts'
import { faultError, type PartRequest } from './executors.ts'

const sdlTimeoutMs = 5_000

/** Throws where no URL of the subgraph tells its SDL. */
export async function fetchSdl(subgraph: SubgraphAddress): Promise<SubgraphSdl> {
  const failures: string[] = []
  for (const [region, url] of Object.entries(subgraph.urls)) {
    try {
      const answer = await post(url, { query: '{ _service { sdl } }' }, {}, AbortSignal.timeout(sdlTimeoutMs))
      const data = answer.data as { _service?: { sdl?: unknown } } | null | undefined
      const sdl = data?._service?.sdl
      if (typeof sdl === 'string') return { name: subgraph.name, sdl }
      failures.push(`${region}: gave no SDL`)
    } catch (error) {
      failures.push(`${region}: ${lossInWords(errorCode(error), error)}`)
    }
  }
  throw new Error(`the subgraph "${subgraph.name}" does not tell its SDL: ${failures.join('; ') || 'it has no URL'}`)
}

export async function executeInUserSubgraph(
  fleet: Fleet,
  subgraph: SubgraphAddress,
  request: PartRequest,
): Promise<ExecutionResult> {
  const call = request.context?.call
  if (call === undefined) throw new Error('a planned part came without its context')
  const order = fleet.order(call.pinned).filter((region) => subgraph.urls[region] !== undefined)
  const others = Object.keys(subgraph.urls).filter((region) => call.pinned === undefined && !order.includes(region))
  const failures: string[] = []
  for (const region of [...order, ...others]) {
    const url = subgraph.urls[region]
    if (url === undefined) continue
    try {
      const leftMs = Math.max(1, call.deadlineAt - Date.now())
      const signal = AbortSignal.any([AbortSignal.timeout(leftMs), call.signal])
      return await post(
        url,
        { query: print(request.document), variables: request.variables ?? {} },
        call.headers,
        signal,
      )
    } catch (error) {
      failures.push(`${region} ${lossInWords(errorCode(error), error)}`)
      if (request.operationType === 'mutation' || call.signal.aborted || Date.now() >= call.deadlineAt) break
    }
  }
  const message = `The subgraph ${subgraph.name} could not answer: ${failures.join('; ') || 'it has no URL there'}.`
  return { data: null, errors: [faultError(new GatewayFault('REGION_UNAVAILABLE', message))] }
}

async function post(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ExecutionResult> {
  const response = await httpRequest(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
    signal,
  })
  if (response.statusCode >= 500) {
    await response.body.dump()
    throw new Error(`answered ${response.statusCode}`)
  }
  return (await response.body.json()) as ExecutionResult
}
