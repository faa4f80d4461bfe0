// What an operation asks for below a field, before it is resolved. Pure.

import {
  type FragmentDefinitionNode,
  type GraphQLResolveInfo,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

type Fragments = Readonly<Record<string, FragmentDefinitionNode>>

/** Whether a field of that name is asked for anywhere below the one that is being resolved. Directives are taken to leave it in. */
export function selectsBelow({ fieldNodes, fragments }: GraphQLResolveInfo, name: string): boolean {
  return fieldNodes.some(({ selectionSet }) => holds(selectionSet, name, fragments))
}

/** An operation that is valid has no fragment within itself. */
function holds(set: SelectionSetNode | undefined, name: string, fragments: Fragments): boolean {
  return set?.selections.some((selection) => isOrHolds(selection, name, fragments)) ?? false
}

function isOrHolds(selection: SelectionNode, name: string, fragments: Fragments): boolean {
  switch (selection.kind) {
    case Kind.FIELD:
      return selection.name.value === name || holds(selection.selectionSet, name, fragments)
    case Kind.INLINE_FRAGMENT:
      return holds(selection.selectionSet, name, fragments)
    case Kind.FRAGMENT_SPREAD:
      return holds(fragments[selection.name.value]?.selectionSet, name, fragments)
  }
}
