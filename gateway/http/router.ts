// The gateway's paths over HTTP. Each is answered elsewhere.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { isOriginAdmitted } from '../admission/auth.ts'
import { faultAnswer, GatewayFault } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { jsonAnswer, type Operations, toFault } from '../operations.ts'
import type { AuthOptions } from '../options.ts'
import { canServe } from '../routing/choose.ts'
import type { Fleet } from '../routing/fleet.ts'
import type { Door } from './admit.ts'
import type { EventStreamHandler } from './event-stream.ts'
import { answerPost, send } from './graphql.ts'
import type { StaticFiles } from './static-files.ts'

export interface RouterOptions {
  readonly operations: Operations
  readonly door: Door
  readonly fleet: Fleet
  readonly metrics: Metrics
  readonly auth: AuthOptions
  readonly eventStream: EventStreamHandler
  readonly sites: readonly StaticFiles[]
  /** Paths of apps, without a slash at the end. */
  readonly apps: readonly string[]
}

const exposed = 'causeway-region, causeway-token'

export function makeRouter(options: RouterOptions): RequestListener {
  return (request, response) => {
    route(options, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else void send(response, jsonAnswer(500, faultAnswer(toFault(error)), {}))
    })
  }
}

async function route(options: RouterOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  if (path === '/graphql') return graphql(options, request, response)
  if (request.method !== 'GET' && request.method !== 'HEAD') return notFound(request, response, path)
  switch (path) {
    case '/health/live':
      return send(response, jsonAnswer(200, { live: true }, {}))
    case '/health/ready':
      return send(response, readiness(options.fleet))
    case '/metrics': {
      const head = Buffer.from(await options.metrics.registry.metrics())
      const headers = { 'content-type': options.metrics.registry.contentType }
      return send(response, { status: 200, headers, head, rest: null })
    }
    default:
      return site(options, request, response, path)
  }
}

async function site(
  options: RouterOptions,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  if (options.apps.includes(path)) {
    // An app names its own files relative to itself.
    response.writeHead(308, { location: `${path}/` }).end()
    return
  }
  for (const files of options.sites) {
    if (await files.serve(path, request.headers['if-none-match'], response)) return
  }
  return notFound(request, response, path)
}

async function graphql(options: RouterOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const origin = request.headers.origin
  if (!isOriginAdmitted(options.auth, origin)) {
    const fault = new GatewayFault('FORBIDDEN', `Pages of ${origin} may not call a gateway in development mode.`, 403)
    return send(response, jsonAnswer(403, faultAnswer(fault), {}))
  }
  if (origin !== undefined) {
    response.setHeader('access-control-allow-origin', origin)
    response.setHeader('access-control-expose-headers', exposed)
    response.setHeader('vary', 'origin')
  }
  if (request.method === 'OPTIONS') {
    response.writeHead(204, {
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': request.headers['access-control-request-headers'] ?? 'content-type',
      'access-control-max-age': '600',
    })
    response.end()
    return
  }
  if ((request.headers.accept ?? '').includes('text/event-stream')) return options.eventStream(request, response)
  if (request.method === 'POST') return answerPost(options.operations, options.door, request, response)
  const message = 'Send operations by POST, over WebSocket, or by GET with accept: text/event-stream.'
  const fault = new GatewayFault('BAD_USER_INPUT', message, 405)
  return send(response, jsonAnswer(405, faultAnswer(fault), { allow: 'GET, POST, OPTIONS' }))
}

function readiness(fleet: Fleet) {
  const regions = fleet.all()
  const serving = regions.filter((region) => canServe(region.health) && region.health.answeredInARow > 0)
  if (serving.length > 0) return jsonAnswer(200, { ready: true, serving: serving.map((region) => region.id) }, {})
  const why = regions.map((region) => `${region.id}: ${region.health.reason}`).join('; ')
  return jsonAnswer(503, { ready: false, reason: `no region can serve: ${why}` }, {})
}

async function notFound(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const message = `There is nothing at ${request.method} ${path}. The API is at /graphql, the console at /.`
  await send(response, jsonAnswer(404, { error: message }, {}))
}
