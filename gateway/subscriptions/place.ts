// Where a subscriber stands in a subscription: the token to go on from, and what was already shown beyond it. Pure but
// for its own memory; asks nobody.

import { type ExecutionResult, type FieldNode, Kind, type ValueNode } from 'graphql'
import { tokenOf } from '../supergraph/executors.ts'

type Variables = Readonly<Record<string, unknown>>

export class Place {
  /** Messages that show the state now, of which each carries the token after all: until they are through it counts not. */
  #stateMessagesLeft: number
  readonly #stateMessages: number
  #token: string | undefined
  /** Messages that left the token where it was: a commit in the middle of which a region was lost shows them again. */
  readonly #beyond = new Set<string>()
  readonly #replays = new Set<string>()

  constructor(root: FieldNode, variables: Variables) {
    this.#stateMessages =
      root.name.value === 'stockChanged' && !hasAfter(root, variables) ? skuCount(root, variables) : 0
    this.#stateMessagesLeft = this.#stateMessages
  }

  get token(): string | undefined {
    return this.#stateMessagesLeft > 0 ? undefined : this.#token
  }

  /** False where the subscriber has seen this message already. */
  moveTo(message: ExecutionResult): boolean {
    if (this.#stateMessagesLeft > 0) this.#stateMessagesLeft--
    const text = JSON.stringify(message.data ?? null)
    const isReplay = this.#replays.delete(text)
    const token = tokenOf(message)
    if (token !== undefined && token !== this.#token) {
      this.#token = token
      this.#beyond.clear()
      this.#replays.clear()
    } else {
      this.#beyond.add(text)
    }
    return !isReplay
  }

  /** The region was lost: another goes on from the token, and may begin with what was shown beyond it. */
  lost(): void {
    this.#replays.clear()
    if (this.#stateMessagesLeft > 0) {
      // The next region begins with the state as it is there.
      this.#stateMessagesLeft = this.#stateMessages
      this.#beyond.clear()
      return
    }
    for (const text of this.#beyond) this.#replays.add(text)
  }
}

/** True where the subscriber named a token itself. */
export function hasAfter(root: FieldNode, variables: Variables): boolean {
  const value = argumentOf(root, 'after')
  if (value === undefined || value.kind === Kind.NULL) return false
  return value.kind === Kind.VARIABLE ? typeof variables[value.name.value] === 'string' : true
}

function skuCount(root: FieldNode, variables: Variables): number {
  const value = argumentOf(root, 'skus')
  const given = value?.kind === Kind.VARIABLE ? variables[value.name.value] : value
  if (Array.isArray(given)) return new Set(given).size
  if (value?.kind !== Kind.LIST) return 1
  return new Set(value.values.map((each) => ('value' in each ? String(each.value) : ''))).size
}

function argumentOf(root: FieldNode, argument: string): ValueNode | undefined {
  return root.arguments?.find((each) => each.name.value === argument)?.value
}
