// An answer that came as JSON, as a result again: transports that write results themselves take errors as objects of the
// GraphQL library, not as what those look like in JSON. Pure.

import { type ExecutionResult, type FormattedExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql'

export type JsonResult = Omit<FormattedExecutionResult, 'errors'> & {
  readonly errors?: readonly GraphQLFormattedError[] | undefined
}

export function asResult(message: JsonResult): ExecutionResult {
  const { errors, ...rest } = message
  if (errors === undefined) return rest
  return {
    ...rest,
    errors: errors.map((error) => new GraphQLError(error.message, { path: error.path, extensions: error.extensions })),
  }
}
