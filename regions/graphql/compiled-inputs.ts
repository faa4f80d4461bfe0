// Input types as functions, compiled once: what a caller gives in variables is checked in one pass and handed on as it
// is wherever nothing has to be filled in. The GraphQL library walks every field with a path and a copy, which was the
// largest piece of a list of orders. What is refused here is left to the library, which says what is wrong and where.

import {
  coerceInputValue,
  type DocumentNode,
  GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLScalarType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  valueFromAST,
  visit,
} from 'graphql'

type Coercion = (value: unknown) => unknown

/** The value is not of its type. Carries no reason: the library is asked for it. */
export class RefusedInput extends GraphQLError {
  constructor() {
    super('not of its type')
    this.name = 'RefusedInput'
  }
}

function refuse(): never {
  throw new RefusedInput()
}

/** Makes of JSON what `coerceInputValue` does, and throws where that reports errors. May answer with `value` itself. */
export function compileInput(type: GraphQLInputType, known: Map<GraphQLInputType, Coercion> = new Map()): Coercion {
  const compiled = known.get(type)
  if (compiled !== undefined) return compiled
  // A type may hold itself: whoever meets it again meanwhile calls what it will have become.
  known.set(type, (value) => result(value))
  const result = compileFresh(type, known)
  known.set(type, result)
  return result
}

function compileFresh(type: GraphQLInputType, known: Map<GraphQLInputType, Coercion>): Coercion {
  if (isNonNullType(type)) {
    const inner = compileInput(type.ofType, known)
    return (value) => (value === null || value === undefined ? refuse() : inner(value))
  }
  if (isListType(type)) {
    const inner = compileInput(type.ofType, known)
    return orNull((value) => (Array.isArray(value) ? coerceItems(value, inner) : [inner(value)]))
  }
  if (isInputObjectType(type)) return orNull(type.isOneOf ? byLibrary(type) : compileObject(type, known))
  return orNull((value) => {
    const parsed = type.parseValue(value)
    return parsed === undefined ? refuse() : parsed
  })
}

function orNull(coerce: Coercion): Coercion {
  return (value) => (value === null || value === undefined ? null : coerce(value))
}

function coerceItems(items: readonly unknown[], inner: Coercion): readonly unknown[] {
  let result = items as unknown[]
  for (let index = 0; index < items.length; index += 1) {
    const coerced = inner(items[index])
    if (coerced === items[index]) continue
    if (result === items) result = items.slice()
    result[index] = coerced
  }
  return result
}

function compileObject(type: GraphQLInputObjectType, known: Map<GraphQLInputType, Coercion>): Coercion {
  const fields = Object.values(type.getFields()).map((field) => ({
    name: field.name,
    coerce: compileInput(field.type, known),
    fallback: field.defaultValue,
    isRequired: isNonNullType(field.type) && field.defaultValue === undefined,
  }))
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse()
    const given = value as Record<string, unknown>
    let result = given
    let unknown = 0
    for (const _ in given) unknown += 1
    for (const { name, coerce, fallback, isRequired } of fields) {
      const own = given[name]
      if (own !== undefined) unknown -= 1
      else if (isRequired) return refuse()
      const coerced = own === undefined ? fallback : coerce(own)
      if (coerced === own) continue
      if (result === given) result = { ...given }
      result[name] = coerced
    }
    return unknown === 0 ? result : refuse()
  }
}

function byLibrary(type: GraphQLInputObjectType): Coercion {
  return (value) => coerceInputValue(value, type, refuse)
}

/** `document` with every input type as a scalar of its name. */
export function inputsAsScalars(document: DocumentNode): DocumentNode {
  return visit(document, {
    InputObjectTypeDefinition: ({ name }) => ({ kind: Kind.SCALAR_TYPE_DEFINITION, name }),
    InputObjectTypeExtension: () => null,
  })
}

/** Those scalars, which accept what the input types of `schema` do. */
export function compiledInputs(schema: GraphQLSchema): Readonly<Record<string, GraphQLScalarType>> {
  const known = new Map<GraphQLInputType, Coercion>()
  const types = Object.values(schema.getTypeMap()).filter(isInputObjectType)
  return Object.fromEntries(
    types.map((type) => {
      const coerce = compileInput(type, known)
      const parseValue = (value: unknown) => {
        try {
          return coerce(value)
        } catch {
          return refuse()
        }
      }
      const parseLiteral: GraphQLScalarType['parseLiteral'] = (node, variables) => valueFromAST(node, type, variables)
      return [type.name, new GraphQLScalarType({ name: type.name, parseValue, parseLiteral })]
    }),
  )
}
