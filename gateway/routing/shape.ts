// What an operation touches: read once per query text. Says which way it may go; asks no region and looks at no data.

import {
  findOversize,
  isAboutTokens,
  maximumSelections,
  maximumTokens,
  tooManySelections,
  tooManyTokens,
} from '@causeway/schema/sdl/document-bounds'
import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql'
import { GatewayFault } from '../errors.ts'
import type { Placements } from '../supergraph/placements.ts'

export type OperationType = 'query' | 'mutation' | 'subscription'

export interface Shape {
  readonly document: DocumentNode
  readonly type: OperationType
  readonly name: string | undefined
  readonly rootFields: readonly FieldNode[]
  /** Fields that the product's everywhere-placement does not answer, as placement names; `unknown` for no such field. */
  readonly beyond: ReadonlySet<string>
  readonly onlyIntrospection: boolean
  readonly depth: number
}

/** What a region answers wherever it is. */
const everywhere = new Set(['commerce', 'operations'])

/** Null where the text is no operation of that name: whoever executes it says so in GraphQL's own words. Throws COST_LIMIT for one that is too large. */
export function readShape(
  query: string,
  operationName: string | undefined,
  schema: GraphQLSchema,
  placements: Placements,
): Shape | null {
  const oversize = findOversize(query)
  if (oversize !== null) throw tooLarge(oversize)
  let document: DocumentNode
  try {
    document = parse(query, { noLocation: true, maxTokens: maximumTokens })
  } catch (error) {
    if (error instanceof GraphQLError && isAboutTokens(error.message)) throw tooLarge(tooManyTokens())
    return null
  }
  const operation = findOperation(document, operationName)
  const root = operation === null ? null : schema.getRootType(operation.operation)
  if (operation === null || root === null || root === undefined) return null
  const walk = new Walk(document, schema, placements)
  walk.selections(operation.selectionSet, root, 1)
  if (walk.broken) return null
  const rootFields = walk.rootFields
  return {
    document,
    type: operation.operation,
    name: operation.name?.value,
    rootFields,
    beyond: walk.beyond,
    onlyIntrospection: rootFields.every((field) => field.name.value.startsWith('__')),
    depth: walk.depth,
  }
}

function tooLarge(message: string): GatewayFault {
  return new GatewayFault('COST_LIMIT', message)
}

function findOperation(document: DocumentNode, name: string | undefined): OperationDefinitionNode | null {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (name === undefined || name === '') return operations.length === 1 ? (operations[0] ?? null) : null
  return operations.find((operation) => operation.name?.value === name) ?? null
}

class Walk {
  readonly beyond = new Set<string>()
  readonly rootFields: FieldNode[] = []
  depth = 0
  broken = false
  readonly #schema: GraphQLSchema
  readonly #placements: Placements
  readonly #fragments = new Map<string, { type: string; selectionSet: SelectionSetNode }>()
  readonly #open = new Set<string>()
  #visits = 0

  constructor(document: DocumentNode, schema: GraphQLSchema, placements: Placements) {
    this.#schema = schema
    this.#placements = placements
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) {
        const { name, typeCondition, selectionSet } = definition
        this.#fragments.set(name.value, { type: typeCondition.name.value, selectionSet })
      }
    }
  }

  selections(set: SelectionSetNode, type: GraphQLObjectType | unknown, depth: number): void {
    // Fragments that spread one another can blow up.
    if (++this.#visits > maximumSelections) throw tooLarge(tooManySelections())
    if (this.broken) return
    for (const selection of set.selections) {
      switch (selection.kind) {
        case Kind.FIELD:
          this.#field(selection, type, depth)
          break
        case Kind.INLINE_FRAGMENT: {
          const condition = selection.typeCondition?.name.value
          this.selections(
            selection.selectionSet,
            condition === undefined ? type : this.#schema.getType(condition),
            depth,
          )
          break
        }
        case Kind.FRAGMENT_SPREAD: {
          const name = selection.name.value
          const fragment = this.#fragments.get(name)
          if (fragment === undefined || this.#open.has(name)) {
            this.broken = true
            return
          }
          this.#open.add(name)
          this.selections(fragment.selectionSet, this.#schema.getType(fragment.type), depth)
          this.#open.delete(name)
          break
        }
        default:
          selection satisfies never
      }
    }
  }

  #field(field: FieldNode, type: unknown, depth: number): void {
    const name = field.name.value
    if (depth === 1) this.rootFields.push(field)
    if (name.startsWith('__')) {
      // Introspection is deep by nature and bounded by the schema: it does not count towards the depth.
      if (name !== '__typename') this.beyond.add('introspection')
      return
    }
    this.depth = Math.max(this.depth, depth)
    if (!isObjectType(type) && !isInterfaceType(type)) {
      this.beyond.add('unknown')
      return
    }
    const definition = type.getFields()[name]
    if (definition === undefined) {
      this.beyond.add('unknown')
      return
    }
    const owners = this.#placements.get(`${type.name}.${name}`) ?? new Set(['unknown'])
    if (![...owners].some((owner) => everywhere.has(owner))) for (const owner of owners) this.beyond.add(owner)
    const next = getNamedType(definition.type)
    if (field.selectionSet !== undefined && isCompositeType(next)) this.selections(field.selectionSet, next, depth + 1)
  }
}
