// The replication schema over a peer service: thin resolvers. Who asks is known from the connection, never from an argument.

import { formatTime } from '@causeway/schema/clock/hybrid-clock'
import type { RegionId } from '@causeway/schema/clock/origin'
import { replicationSdl } from '@causeway/schema/sdl/replication'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { GraphQLError, GraphQLScalarType, type GraphQLSchema } from 'graphql'
import { LogDropped, logDroppedCode } from '../link-fault.ts'
import type { Line, PeerService } from '../peer.ts'
import { protocolVersions } from '../versions.ts'
import { BatchPacker } from './batch-codec.ts'
import {
  batchesToWire,
  helloToWire,
  toCommitRange,
  toDigestRequest,
  toHello,
  toPublicKeys,
  toRightsRequest,
  toVector,
  type WireBatch,
} from './messages.ts'
import { checkToWire, snapshotToWire } from './snapshot-messages.ts'

/** The peer at the other end of the connection, by its credential. */
export interface ReplicationContext {
  readonly peer: RegionId
  /** That is spoken on the connection. */
  readonly version: number
}

interface CommitsArgs {
  readonly after: unknown
  readonly direct: RegionId[]
  readonly line?: Line | null
}

export function createReplicationSchema(service: PeerService): GraphQLSchema {
  return makeExecutableSchema<ReplicationContext>({
    typeDefs: replicationSdl,
    resolvers: {
      VersionVector: scalar('VersionVector', toVector),
      PublicKeys: scalar('PublicKeys', toPublicKeys),
      Line: { MAIN: 'main', SECOND: 'second' } satisfies Record<string, Line>,
      SafeInt: scalar('SafeInt', toSafeInt),
      SnapshotDescription: scalar('SnapshotDescription', neverGiven),
      HeldState: scalar('HeldState', neverGiven),
      FenceLog: scalar('FenceLog', neverGiven),
      Query: {
        snapshot: async (_: unknown, { id }: { id?: string | null }) =>
          snapshotToWire(await service.snapshots.offer(id ?? null)),
        snapshotPage: async (_: unknown, { id, number }: { id: string; number: number }) => {
          const body = await service.snapshots.page(id, number)
          return body && { body }
        },
        stateCheck: async (_: unknown, args: { frontier: unknown }) =>
          checkToWire(await service.snapshots.check(toVector(args.frontier))),
        protocolVersion: () => protocolVersions.newest,
        oldestVersion: () => protocolVersions.oldest,
        standing: async () => {
          const { frontier, time } = await service.standing()
          return { frontier, time: formatTime(time) }
        },
        fences: () => service.fences(),
        digests: (_: unknown, args: unknown) => service.digests(toDigestRequest(args)),
        commitsOf: async (_: unknown, args: unknown, { peer }) =>
          new BatchPacker().pack(await service.commitsOf(peer, toCommitRange(args))),
      },
      Mutation: {
        hello: async (_: unknown, args: { from: unknown }, { peer }) => {
          const hello = toHello(args.from)
          if (hello.region !== peer) throw forbidden(`${peer} says hello as ${hello.region}`)
          return helloToWire(await service.hello(hello), protocolVersions.newest)
        },
        acknowledge: async (_: unknown, args: { applied: unknown; direct: RegionId[] }, { peer }) => {
          await service.acknowledge(peer, toVector(args.applied), args.direct)
          return true
        },
        requestRights: (_: unknown, args: { request: unknown }, { peer }) =>
          service.requestRights(peer, toRightsRequest(args.request)),
      },
      Subscription: {
        commits: {
          subscribe: (_: unknown, { after, direct, line }: CommitsArgs, { peer, version }: ReplicationContext) =>
            untilDropped(
              batchesToWire(service.commits(peer, toVector(after), direct, line ?? 'main'), version, line ?? 'main'),
            ),
          resolve: (batch: WireBatch | LogDropped) => {
            if (!(batch instanceof LogDropped)) return batch
            throw new GraphQLError(batch.message, { extensions: { code: logDroppedCode } })
          },
        },
      },
    },
  })
}

/** An error that a stream throws closes the whole connection; as its last value it is told to who listens. */
async function* untilDropped(batches: AsyncIterable<WireBatch>): AsyncGenerator<WireBatch | LogDropped, void, void> {
  try {
    yield* batches
  } catch (error) {
    if (!(error instanceof LogDropped)) throw error
    yield error
  }
}

function neverGiven(): never {
  throw new RangeError('only ever answered')
}

function scalar(name: string, parse: (value: unknown) => unknown): GraphQLScalarType {
  return new GraphQLScalarType({
    name,
    serialize: (value) => value,
    parseValue: (value) => {
      try {
        return parse(value)
      } catch (error) {
        throw new GraphQLError(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      }
    },
    parseLiteral: () => {
      throw new GraphQLError(`${name} is given as a variable`)
    },
  })
}

function toSafeInt(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw new RangeError('not a whole number up to 2^53')
}

function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } })
}
