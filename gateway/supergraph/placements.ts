// Which subgraphs can answer which field: read from their SDL. Knows nothing of regions.

import { Kind, parse } from 'graphql'
import type { SubgraphSdl } from './compose.ts'

/** `Type.field` → names of the subgraphs that declare it. */
export type Placements = ReadonlyMap<string, ReadonlySet<string>>

export function readPlacements(subgraphs: readonly SubgraphSdl[]): Placements {
  const placements = new Map<string, Set<string>>()
  for (const { name, sdl } of subgraphs) {
    for (const definition of parse(sdl, { noLocation: true }).definitions) {
      const declaresFields =
        definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
        definition.kind === Kind.OBJECT_TYPE_EXTENSION ||
        definition.kind === Kind.INTERFACE_TYPE_DEFINITION ||
        definition.kind === Kind.INTERFACE_TYPE_EXTENSION
      if (!declaresFields) continue
      for (const field of definition.fields ?? []) {
        const isExternal = field.directives?.some((directive) => directive.name.value === 'external') ?? false
        if (isExternal) continue
        const key = `${definition.name.value}.${field.name.value}`
        const owners = placements.get(key) ?? new Set<string>()
        placements.set(key, owners.add(name))
      }
    }
  }
  return placements
}
