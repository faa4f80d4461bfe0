// Rewrites a subscription so that it goes on after a causal token: the `after` argument of its one root field. Pure.

import { type ArgumentNode, type DocumentNode, type FieldNode, Kind, print, visit } from 'graphql'

export interface SubscriptionText {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/**
 * The operation with `after: token` on `root`, its one root field, wherever it stands; as the value of the variable where
 * it already is one, since an unused variable is an error.
 */
export function resumeAfter(
  document: DocumentNode,
  root: FieldNode,
  variables: Readonly<Record<string, unknown>>,
  token: string,
): SubscriptionText {
  const present = root.arguments?.find((argument) => argument.name.value === 'after')
  if (present?.value.kind === Kind.VARIABLE) {
    return { query: print(document), variables: { ...variables, [present.value.name.value]: token } }
  }
  const changed = visit(document, { enter: (node) => (node === root ? withArgument(root, token) : undefined) })
  return { query: print(changed), variables }
}

function withArgument(field: FieldNode, token: string): FieldNode {
  const argument: ArgumentNode = {
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: 'after' },
    value: { kind: Kind.STRING, value: token },
  }
  const others = (field.arguments ?? []).filter((each) => each.name.value !== 'after')
  return { ...field, arguments: [...others, argument] }
}
