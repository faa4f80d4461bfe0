// The replication schema over a peer service: thin resolvers. Who asks is known from the connection, never from an argument.

import { formatTime } from '@causeway/schema/clock/hybrid-clock'
import type { RegionId } from '@causeway/schema/clock/origin'
import { replicationSdl } from '@causeway/schema/sdl/replication'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { GraphQLError, GraphQLScalarType, type GraphQLSchema } from 'graphql'
import { type PeerService, protocolVersion } from '../peer.ts'
import { batchesToWire, toHello, toPublicKeys, toRightsRequest, toVector, type WireBatch } from './messages.ts'

/** The peer at the other end of the connection, by its credential. */
export interface ReplicationContext {
  readonly peer: RegionId
}

export function createReplicationSchema(service: PeerService): GraphQLSchema {
  return makeExecutableSchema<ReplicationContext>({
    typeDefs: replicationSdl,
    resolvers: {
      VersionVector: scalar('VersionVector', toVector),
      PublicKeys: scalar('PublicKeys', toPublicKeys),
      SafeInt: scalar('SafeInt', toSafeInt),
      Query: {
        protocolVersion: () => protocolVersion,
        standing: async () => {
          const { frontier, time } = await service.standing()
          return { frontier, time: formatTime(time) }
        },
      },
      Mutation: {
        hello: (_: unknown, args: { from: unknown }, { peer }) => {
          const hello = toHello(args.from)
          if (hello.region !== peer) throw forbidden(`${peer} says hello as ${hello.region}`)
          return service.hello(hello)
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
          subscribe: (_: unknown, args: { after: unknown; direct: RegionId[] }, { peer }: ReplicationContext) =>
            batchesToWire(service.commits(peer, toVector(args.after), args.direct)),
          resolve: (batch: WireBatch) => batch,
        },
      },
    },
  })
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
