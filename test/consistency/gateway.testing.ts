// For tests: real nodes served over HTTP with wires that can be cut, and a real gateway before them.

import { startGateway } from '@causeway/gateway/server'
import {
  ask,
  type ClusterChoices,
  type Reply,
  type ServedCluster,
  serveCluster,
} from '@causeway/regions/http/cluster.testing'

export interface Shop {
  readonly cluster: ServedCluster
  /** The gateway's. */
  readonly url: string
  /** Asks the gateway, in this region where one is named. */
  ask(query: string, variables?: object, headers?: Readonly<Record<string, string>>, region?: string): Promise<Reply>
  /** No other region sees this one any more; callers do. */
  isolate(region: string): void
  rejoin(region: string): void
  stop(): Promise<void>
}

/** `own`: the region in which the gateway stands. */
export async function openShop(regions: readonly string[], own: string, choices: ClusterChoices = {}): Promise<Shop> {
  const cluster = await serveCluster(regions, choices)
  const gateway = await startGateway({
    listen: { host: '127.0.0.1', port: 0 },
    region: own,
    regions: regions.map((id) => ({ id, url: cluster.at(id).server.url })),
    auth: { mode: 'development' },
    probeEveryMs: 100,
    deadlineMs: 4_000,
  })
  const others = (region: string) => regions.filter((id) => id !== region)
  return {
    cluster,
    url: gateway.url,
    ask: (query, variables = {}, headers = {}, region) =>
      ask(gateway, query, variables, region === undefined ? headers : { ...headers, 'causeway-region': region }),
    isolate(region) {
      for (const other of others(region)) cluster.cut(region, other)
    },
    rejoin(region) {
      for (const other of others(region)) cluster.heal(region, other)
    },
    async stop() {
      await gateway.close()
      await cluster.stop()
    },
  }
}

/** The token of an answer: what the next read of this session must reflect. */
export function session(reply: Reply): Readonly<Record<string, string>> {
  return { 'causeway-consistency': 'session', 'causeway-token': reply.extensions.causeway?.token ?? '' }
}
