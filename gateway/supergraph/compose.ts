// Composes the subgraphs into the supergraph: those of the product, the gateway's own, and the users'. A subgraph is a
// placement: who may answer a field. Knows nothing of how a field is fetched.

import { commerceSdl } from '@causeway/schema/sdl/commerce'
import { clusterSdl, operationsSdl } from '@causeway/schema/sdl/operations'
import { residentSdl } from '@causeway/schema/sdl/resident'
import { composeServices } from '@theguild/federation-composition'
import { type DocumentNode, parse } from 'graphql'

export interface SubgraphSdl {
  readonly name: string
  readonly sdl: string
}

/** `cluster` is answered by the gateway itself; the others by regions. */
export const productSubgraphs: readonly SubgraphSdl[] = [
  { name: 'commerce', sdl: commerceSdl },
  { name: 'resident', sdl: residentSdl },
  { name: 'operations', sdl: operationsSdl },
  { name: 'cluster', sdl: clusterSdl },
]

/** The supergraph SDL. Throws with every composition error, each naming its subgraph. */
export function composeSupergraph(users: readonly SubgraphSdl[]): string {
  const services = [...productSubgraphs, ...users].map(({ name, sdl }) => ({
    name,
    url: `http://${name}.invalid/`,
    typeDefs: parseSubgraph(name, sdl),
  }))
  const result = composeServices(services)
  if (result.supergraphSdl !== undefined) return result.supergraphSdl
  const words = (result.errors ?? []).map((error) => error.message).join('; ')
  throw new Error(`the subgraphs do not compose: ${words}`)
}

function parseSubgraph(name: string, sdl: string): DocumentNode {
  try {
    return parse(sdl, { noLocation: true })
  } catch (error) {
    throw new Error(`the SDL of the subgraph "${name}" cannot be parsed: ${String(error)}`, { cause: error })
  }
}
