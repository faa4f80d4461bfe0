// What must agree between the keys of a configuration: ids that are named must exist, each once. Each problem names its
// path. Knows nothing of files or of the environment.

import type { Configuration } from './schema.ts'

export function findDisagreements(configuration: Configuration): readonly string[] {
  return [
    ...duplicates(configuration),
    ...unknownRegions(configuration),
    ...gatewayProblems(configuration),
    ...authProblems(configuration),
    ...historyProblems(configuration),
  ]
}

function duplicates(configuration: Configuration): string[] {
  const problems: string[] = []
  const listed = [
    { name: 'regions', ids: configuration.regions.map((region) => region.id), key: 'id' },
    { name: 'gateways', ids: (configuration.gateways ?? []).map((gateway) => gateway.id), key: 'id' },
    { name: 'subgraphs', ids: (configuration.subgraphs ?? []).map((subgraph) => subgraph.name), key: 'name' },
  ]
  for (const { name, ids, key } of listed) {
    ids.forEach((id, index) => {
      const first = ids.indexOf(id)
      if (first < index) problems.push(`${name}[${index}].${key}: "${id}" is already the ${key} of ${name}[${first}]`)
    })
  }
  return problems
}

function unknownRegions(configuration: Configuration): string[] {
  const known = configuration.regions.map((region) => region.id)
  const problems: string[] = []
  const check = (path: string, id: string) => {
    if (!known.includes(id)) problems.push(`${path}: no region "${id}" is configured; there are ${known.join(', ')}`)
  }
  configuration.regions.forEach((region, index) => {
    for (const peer of Object.keys(region.peers ?? {})) {
      if (peer === region.id) problems.push(`regions[${index}].peers.${peer}: a region is no peer of itself`)
      else check(`regions[${index}].peers.${peer}`, peer)
    }
  })
  gatewaysOf(configuration).forEach(({ path, gateway }) => {
    if (gateway.region !== undefined) check(`${path}.region`, gateway.region)
  })
  configuration.subgraphs?.forEach((subgraph, index) => {
    for (const id of Object.keys(subgraph.urls)) check(`subgraphs[${index}].urls.${id}`, id)
  })
  return problems
}

function gatewayProblems(configuration: Configuration): string[] {
  const both = configuration.gateway !== undefined && configuration.gateways !== undefined
  return both ? ['gateway: give either "gateway" or "gateways", not both'] : []
}

function authProblems(configuration: Configuration): string[] {
  const { auth, cluster } = configuration
  if (auth.mode === 'development') {
    const given = (['jwksUrl', 'secret', 'issuer', 'audience'] as const).filter((key) => auth[key] !== undefined)
    return given.map((key) => `auth.${key}: has no meaning while auth.mode is "development"`)
  }
  const problems: string[] = []
  if (auth.jwksUrl === undefined && auth.secret === undefined) problems.push('auth: mode "jwt" needs jwksUrl or secret')
  if (auth.jwksUrl !== undefined && auth.secret !== undefined) problems.push('auth: give jwksUrl or secret, not both')
  if (cluster.secret === undefined)
    problems.push('cluster.secret: is missing; only auth.mode "development" may go without')
  return problems
}

/** I5: a command that may still be carried out must find the outcome of its first attempt. */
function historyProblems({ history }: Configuration): string[] {
  if (history.outcomeDays > history.offlineDays) return []
  const problem = `history.outcomeDays: ${history.outcomeDays} must be more than history.offlineDays, which is ${history.offlineDays}`
  return [problem]
}

export function gatewaysOf(configuration: Configuration) {
  const listed = (configuration.gateways ?? []).map((gateway, index) => ({ path: `gateways[${index}]`, gateway }))
  return configuration.gateway === undefined ? listed : [{ path: 'gateway', gateway: configuration.gateway }, ...listed]
}
