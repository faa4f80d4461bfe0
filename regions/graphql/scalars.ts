// The scalars of the API as the GraphQL library wants them. What they accept is decided in the shared vocabulary.

import { scalarCodecs } from '@causeway/schema/sdl/scalars'
import { GraphQLError, GraphQLScalarType } from 'graphql'

function refusing(parse: (value: unknown) => unknown): (value: unknown) => unknown {
  return (value) => {
    try {
      return parse(value)
    } catch (error) {
      throw new GraphQLError(error instanceof Error ? error.message : 'This value is not accepted.')
    }
  }
}

export const scalarResolvers: Readonly<Record<string, GraphQLScalarType>> = Object.fromEntries(
  scalarCodecs.map(({ name, description, parse, serialize }) => [
    name,
    new GraphQLScalarType({ name, description, parseValue: refusing(parse), serialize }),
  ]),
)
