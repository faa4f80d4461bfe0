// Starts one gateway: composes routing, supergraph, transports and console. Knows nothing of configuration files.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { checkListen, makeAdmission } from './admission/auth.ts'
import { wallClock } from './clock.ts'
import { makeEventStreamHandler } from './http/event-stream.ts'
import { makeRouter } from './http/router.ts'
import { appSite, consoleSite, StaticFiles } from './http/static-files.ts'
import { serveWebSockets } from './http/websocket.ts'
import { Metrics } from './metrics.ts'
import { Operations } from './operations.ts'
import type { Gateway, GatewayOptions } from './options.ts'
import { Fleet } from './routing/fleet.ts'
import { Forwarder } from './routing/forward.ts'
import { Prober } from './routing/prober.ts'
import { RegionSockets } from './subscriptions/sockets.ts'
import { followPart } from './supergraph/follow-part.ts'
import { Planner } from './supergraph/planner.ts'
import { fetchSdl } from './supergraph/user-subgraphs.ts'

const defaultDeadlineMs = 10_000
const defaultAttemptMs = 4_000
const defaultProbeEveryMs = 500

/** Rejects with a plain sentence where the port is taken or the options cannot work; nothing is left running then. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const id = options.id ?? 'gateway'
  const { auth, listen, logger } = options
  checkListen(auth, listen.host)
  checkRegions(options)
  const admission = makeAdmission(auth, id, options.clusterSecret)
  const subgraphs = options.subgraphs ?? []
  const subgraphSdl = await Promise.all(subgraphs.map(fetchSdl))
  const fleet = new Fleet(options.regions, options.region, wallClock)
  const metrics = new Metrics(fleet)
  const forwarder = new Forwarder({
    fleet,
    clock: wallClock,
    attemptMs: options.attemptMs ?? defaultAttemptMs,
    onRetry: (region, why) => {
      metrics.retried(region)
      logger?.debug({ region, why }, 'an operation goes on to the next region')
    },
  })
  const regions = { fleet, forwarder }
  const sockets = new RegionSockets(fleet)
  const planner = new Planner({
    regions,
    subgraphs,
    subgraphSdl,
    follow: (part) => followPart(part, { fleet, sockets, onMove: (region) => metrics.moved(region) }),
  })
  const operations = new Operations({ regions, planner, sockets, metrics })
  const apps = Object.entries(options.apps ?? {})
  const sites = [consoleSite(), ...apps.map(([path, folder]) => appSite(path, folder))]
  const door = { admission, deadlineMs: options.deadlineMs ?? defaultDeadlineMs }
  const server = createServer(
    { keepAliveTimeout: 65_000 },
    makeRouter({
      operations,
      door,
      fleet,
      metrics,
      auth,
      eventStream: makeEventStreamHandler(operations, door, metrics),
      sites: sites.map((site) => new StaticFiles(site)),
      apps: apps.map(([path]) => path),
    }),
  )
  const closeSockets = serveWebSockets({ server, operations, door, metrics, schema: planner.schema, auth })
  const prober = new Prober({
    fleet,
    clock: wallClock,
    everyMs: options.probeEveryMs ?? defaultProbeEveryMs,
    authorization: () => admission.ownAuthorization(),
  })
  fleet.listen((after, before) => {
    if (after.health.state === before.health.state) return
    logger?.info({ region: after.id, state: after.health.state, reason: after.health.reason }, 'a region changed state')
  })
  const stop = async () => {
    await prober.stop()
    await closeSockets()
    await sockets.close()
    await planner.stop()
    await fleet.close()
  }
  try {
    await planner.start()
    await listenOn(server, listen)
  } catch (error) {
    await stop()
    throw error
  }
  await prober.start()
  const { port } = server.address() as AddressInfo
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  logger?.info({ gateway: id, port }, 'the gateway listens')
  let closing: Promise<void> | undefined
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    await stop()
    server.closeAllConnections()
    await closed
  }
  return {
    url: `http://${host}:${port}`,
    port,
    close() {
      closing ??= close()
      return closing
    },
  }
}

function checkRegions(options: GatewayOptions): void {
  const ids = options.regions.map((region) => region.id)
  if (ids.length === 0) throw new Error('a gateway needs at least one region')
  if (new Set(ids).size < ids.length) throw new Error('two regions of this gateway have the same id')
  if (options.region !== undefined && !ids.includes(options.region)) {
    throw new Error(`the gateway's own region ${options.region} is none of ${ids.join(', ')}`)
  }
}

function listenOn(server: Server, { host, port }: GatewayOptions['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen(port, host, () => resolve())
  })
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new Error(`port ${port} on ${host} is in use by another process: choose another, or stop that process`)
    case 'EACCES':
      return new Error(`this user may not listen on port ${port} of ${host}`)
    case 'EADDRNOTAVAIL':
      return new Error(`${host} is no address of this machine`)
    default:
      return error
  }
}
