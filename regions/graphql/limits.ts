// How large an operation may be before anything of it runs: depth here, tokens in the parser, rows while it runs. The bounds
// are those of gateways, too.

import { findOversize, maximumDepth, tooDeep } from '@causeway/schema/sdl/document-bounds'
import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'
import { apiError } from './errors.ts'

/** Throws COST_LIMIT for a text that is not to be parsed. */
export function checkSize(text: string): void {
  const oversize = findOversize(text)
  if (oversize !== null) throw apiError('COST_LIMIT', oversize)
}

/** A validation rule. `reason` stays where Apollo's server writes its own code over ours, and its status is that of an operation that is sound. Introspection is as deep as tools make it, and costs no data: it is not counted. */
export function depthRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(operation) {
      const depth = depthOf(operation.selectionSet, (name) => context.getFragment(name) ?? undefined, new Map())
      if (depth > maximumDepth) {
        const extensions = { code: 'COST_LIMIT', reason: 'COST_LIMIT', http: { status: 200 } }
        context.reportError(new GraphQLError(tooDeep(depth), { nodes: operation, extensions }))
      }
    },
  }
}

/** `known` holds the depth of fragments, so that each is walked once; a fragment within itself counts 0. */
function depthOf(
  set: SelectionSetNode,
  fragment: (name: string) => FragmentDefinitionNode | undefined,
  known: Map<string, number>,
): number {
  let deepest = 0
  for (const selection of set.selections) {
    let depth = 0
    switch (selection.kind) {
      case Kind.FIELD:
        if (selection.name.value.startsWith('__')) break
        depth = 1 + (selection.selectionSet ? depthOf(selection.selectionSet, fragment, known) : 0)
        break
      case Kind.INLINE_FRAGMENT:
        depth = depthOf(selection.selectionSet, fragment, known)
        break
      case Kind.FRAGMENT_SPREAD: {
        const name = selection.name.value
        const definition = fragment(name)
        if (definition !== undefined && !known.has(name)) {
          known.set(name, 0)
          known.set(name, depthOf(definition.selectionSet, fragment, known))
        }
        depth = known.get(name) ?? 0
        break
      }
    }
    deepest = Math.max(deepest, depth)
  }
  return deepest
}
