// One region's HTTP server: GraphQL, health, metrics, and the upgrade to WebSockets by path. Owns the listening socket
// and nothing else; the node it serves is started and stopped by whoever composed both.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { Registry } from 'prom-client'
import type { Authenticator } from '../auth/authenticator.ts'
import type { ServingPorts } from '../graphql/context.ts'
import { createRegionSchema } from '../graphql/schema.ts'
import type { Logger } from '../ports.ts'
import type { Region } from '../region.ts'
import { createGraphqlHttp } from './graphql-http.ts'
import { createGraphqlWebSocket } from './graphql-websocket.ts'
import { createRegionMetrics, type RegionMetrics } from './metrics.ts'
import { reportFault, type Serving } from './serving.ts'

export interface RegionServerOptions {
  readonly region: Region
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number }
  readonly authenticator: Authenticator
  /** Serves peers on WebSocket `/replication`. */
  readonly replication: { handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void }
  readonly ports: ServingPorts & { readonly logger: Logger }
  /** Where metrics are registered; a fresh registry by default. */
  readonly metrics?: Registry | undefined
  readonly limits?: { readonly bodyBytes?: number | undefined } | undefined
}

export interface RegionServer {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Stops listening, ends sockets, lets requests that are under way finish for up to 5 s. */
  close(): Promise<void>
}

/** The port cannot be listened on; `message` names it. Another port, or the end of who has it, helps. */
export class ListenError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'ListenError'
  }
}

export const defaultBodyBytes = 4 * 1024 * 1024
/** Longer than the pools of gateways keep a connection, so that a region never closes one that is just being used. */
const keepAliveMs = 65_000
const closeWaitMs = 5_000
const readyWaitMs = 2_000

export async function startRegionServer(options: RegionServerOptions): Promise<RegionServer> {
  const { region, ports, authenticator, replication } = options
  const bodyBytes = options.limits?.bodyBytes ?? defaultBodyBytes
  const metrics = createRegionMetrics(region, options.metrics ?? new Registry())
  const serving: Serving = { region, authenticator, ports, logger: ports.logger, metrics }
  const schema = createRegionSchema()
  const graphql = await createGraphqlHttp(schema, serving, bodyBytes)
  const sockets = createGraphqlWebSocket(schema, serving, bodyBytes)
  const server = createServer({ keepAliveTimeout: keepAliveMs })

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    route(request, response, { graphql: graphql.handle, region, ports, metrics }).catch((error: unknown) => {
      reportFault(ports.logger, error)
      if (!response.headersSent)
        sendJson(response, 500, { reason: 'The region failed to answer this. Its log says why.' })
      else response.destroy()
    })
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // A caller who hangs up mid-upgrade is no fault of the region.
    socket.on('error', () => socket.destroy())
    const path = pathOf(request)
    if (path === '/graphql') sockets.handleUpgrade(request, socket, head)
    else if (path === '/replication') replication.handleUpgrade(request, socket, head)
    else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  })
  try {
    await listen(server, options.listen)
  } catch (error) {
    await Promise.all([graphql.stop(), sockets.stop()])
    throw error
  }
  const { port } = server.address() as AddressInfo
  const host = options.listen.host.includes(':') ? `[${options.listen.host}]` : options.listen.host
  ports.logger.info({ region: region.id, port }, 'region listens')
  return {
    url: `http://${host}:${port}`,
    port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await sockets.stop()
      server.closeIdleConnections()
      // Cancelled where it is not needed: a timer that stands keeps a process that has ended all else.
      const cancel = ports.timers.after(closeWaitMs, () => server.closeAllConnections())
      await closed
      cancel()
      await graphql.stop()
    },
  }
}

interface Routes {
  readonly graphql: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  readonly region: Region
  readonly ports: ServingPorts
  readonly metrics: RegionMetrics
}

async function route(request: IncomingMessage, response: ServerResponse, routes: Routes): Promise<void> {
  switch (pathOf(request)) {
    case '/graphql':
      return await routes.graphql(request, response)
    case '/health/live':
      return sendJson(response, 200, { live: true, region: routes.region.id })
    case '/health/ready': {
      const reason = await whyUnready(routes)
      return sendJson(response, reason === null ? 200 : 503, {
        ready: reason === null,
        region: routes.region.id,
        reason,
      })
    }
    case '/metrics':
      response.writeHead(200, { 'content-type': routes.metrics.contentType })
      response.end(await routes.metrics.text())
      return
    default:
      return sendJson(response, 404, { reason: 'There is /graphql, /health/live, /health/ready and /metrics.' })
  }
}

/** A region whose database does not answer may not serve, whatever its links say. */
async function whyUnready({ region, ports }: Routes): Promise<string | null> {
  const reason = region.unready()
  if (reason !== null) return reason
  const asked = region.store.head().then(
    () => null,
    () => 'its database cannot be reached',
  )
  let cancel = () => {}
  const late = new Promise<string>((resolve) => {
    cancel = ports.timers.after(readyWaitMs, () => resolve('its database does not answer in time'))
  })
  return await Promise.race([asked, late]).finally(() => cancel())
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/'
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
  response.end(JSON.stringify(value))
}

function listen(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException) => {
      const reasons: Readonly<Record<string, string>> = {
        EADDRINUSE: `Port ${port} on ${host} is in use: end what uses it, or choose another port.`,
        EACCES: `Port ${port} on ${host} may not be used by this user: choose one above 1023.`,
        EADDRNOTAVAIL: `${host} is no address of this machine.`,
      }
      reject(new ListenError(reasons[error.code ?? ''] ?? `Cannot listen on ${host}:${port}: ${error.message}`, error))
    }
    server.once('error', refused)
    server.listen(port, host, () => {
      server.off('error', refused)
      resolve()
    })
  })
}
