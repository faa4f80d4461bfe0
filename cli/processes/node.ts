// Composes one node of a region from the rooms: database, keys, links, the node itself and its HTTP server, with the real
// clock, timers and random numbers. The only place where they meet; stops them in the reverse order.

import { createHash } from 'node:crypto'
import { migrate } from '@causeway/db/postgres/migrate'
import { createPostgresStore } from '@causeway/db/postgres/store'
import { type Store, StoreError } from '@causeway/db/store'
import { createAuthenticator } from '@causeway/regions/auth/authenticator'
import { createClaimHash, createCrypto, KeyError } from '@causeway/regions/crypto'
import { retentionOf } from '@causeway/regions/history/retention'
import { ListenError, startRegionServer } from '@causeway/regions/http/server'
import { createRegionNode } from '@causeway/regions/node'
import type { Hasher, Ports } from '@causeway/regions/ports'
import { createOperators } from '@causeway/regions/recovery/operators'
import { createReplicationEndpoint } from '@causeway/regions/replication/graphql-endpoint'
import { createGraphqlTransport } from '@causeway/regions/replication/graphql-transport'
import type { Configuration, RegionConfiguration } from '../configuration/schema.ts'
import { Failure, messageOf } from '../failure.ts'
import { openDatabase } from './database.ts'
import { loadSigningKey, pinnedKeys } from './keys.ts'
import { checkListening, type ListenAddress, replicationUrl } from './listen.ts'
import { loadPolicies } from './policies.ts'

export interface NodeProcessOptions {
  readonly configuration: Configuration
  readonly configurationFile: string
  readonly region: RegionConfiguration
  readonly ports: Ports
  readonly listen?: ListenAddress
  /** Of the embedded Postgres. */
  readonly dataDirectory?: string
}

export interface NodeProcess {
  readonly url: string
  /** Resolves, with why, when it is of no use any more, and has to be started anew. */
  readonly over: Promise<string>
  stop(): Promise<void>
}

/** In development everybody on the machine is an operator, so a secret that is not one takes nothing away. */
const developmentSecret = 'causeway-development'

export async function startNode(options: NodeProcessOptions): Promise<NodeProcess> {
  const { configuration, region } = options
  const listen = options.listen ?? region.listen
  if (listen === undefined)
    throw new Failure(`region "${region.id}" has no listen in the configuration; give it with --listen`)
  checkListening(listen, configuration.auth)

  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const each of stops.reverse()) await each()
  }
  try {
    await loadPolicies(configuration.policies, options.configurationFile)
    const database = await openDatabase(region, options.dataDirectory)
    stops.push(() => database.stop())
    const store = await openStore(region.id, database, options.configurationFile)
    stops.push(() => store.close())
    const { url, over } = await serve(options, listen, store, stops)
    return { url, over, stop }
  } catch (error) {
    await stop()
    throw explain(error)
  }
}

async function openStore(
  region: string,
  database: { readonly url: string; readonly managed: boolean },
  configurationFile: string,
): Promise<Store> {
  if (database.managed) await migrate(database.url, region)
  try {
    return await createPostgresStore({ url: database.url, region })
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'SCHEMA_VERSION') throw error
    throw new Failure(error.message.replace('--config FILE', `--config ${configurationFile}`), { cause: error })
  }
}

async function serve(
  options: NodeProcessOptions,
  listen: ListenAddress,
  store: Store,
  stops: (() => Promise<void>)[],
): Promise<Pick<NodeProcess, 'url' | 'over'>> {
  const { configuration, region, ports } = options
  const others = configuration.regions.filter(({ id }) => id !== region.id)
  const development = configuration.auth.mode === 'development'
  const pinned = pinnedKeys(configuration)
  const crypto = createCrypto({
    region: region.id,
    privateKeyPem: await loadSigningKey(region, store, { development, configurationFile: options.configurationFile }),
    publicKeys: pinned,
    operators: operatorsOf(configuration),
    random: ports.random,
  })
  const link = { region: region.id, clusterSecret: configuration.cluster.secret ?? developmentSecret, ports }
  const claimKey = configuration.cluster.claimKey ?? `claims of ${link.clusterSecret}`
  const node = await createRegionNode({
    claimHash: createClaimHash(claimKey),
    region: region.id,
    members: configuration.regions.map(({ id }) => id),
    store,
    crypto,
    publicKey: crypto.publicKey,
    pinnedKeys: Object.fromEntries(pinned),
    transport: createGraphqlTransport({
      ...link,
      peers: Object.fromEntries(others.map((peer) => [peer.id, replicationUrl(region, peer)])),
    }),
    ports,
    hasher: makeHasher,
    retention: retentionOf(configuration.history),
    secondLines: region.secondLines,
  })
  stops.push(() => node.stop())
  const endpoint = createReplicationEndpoint(node.peerService, link)
  const server = await startRegionServer({
    region: node,
    listen,
    authenticator: createAuthenticator(configuration.auth, ports.clock, configuration.cluster.secret),
    replication: endpoint,
    ports,
  })
  stops.push(async () => {
    // Links first: the server waits for the connections that are open.
    await endpoint.close()
    await server.close()
  })
  return { url: server.url, over: node.over }
}

function operatorsOf({ cluster }: Configuration) {
  const { name, operatorKeys: keys, retiresWithoutOrder: withoutOrder } = cluster
  return createOperators({ cluster: name, keys, withoutOrder })
}

function makeHasher(): Hasher {
  const hash = createHash('sha256')
  return {
    update(text) {
      hash.update(text)
    },
    hex: () => hash.digest('hex'),
  }
}

/** What the rooms say about keys, ports and databases is already one clear line. */
function explain(error: unknown): unknown {
  const known = error instanceof StoreError || error instanceof KeyError || error instanceof ListenError
  return known || error instanceof RangeError ? new Failure(messageOf(error), { cause: error }) : error
}
