// What a caller is told when something other than the input was wrong: a closed set of codes, and nothing of the inside.
// What the caller did wrong in a command is no error but a `userErrors` entry of the payload.

import { StoreError } from '@causeway/db/store'
import { isAboutTokens, shorten, tooManyTokens } from '@causeway/schema/sdl/document-bounds'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { ClockAhead } from '../freshness/clock-watch.ts'
import { RestoredRegion, RetiredRegion } from '../recovery/standing.ts'

export type ApiErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'NOT_FOUND'
  | 'LIMIT_EXCEEDED'
  | 'COST_LIMIT'
  | 'OUTCOME_PENDING'
  | 'REGION_UNAVAILABLE'
  | 'STALE_READ'
  | 'TOKEN_LOST'
  | 'TIMEOUT'
  | 'UNSUPPORTED_VERSION'
  | 'INTERNAL'

/**
 * GraphQL over HTTP, in regions as in gateways: a fault that is told in `errors` travels with status 200, but 401 where it is not known
 * who asks, which is said before there is an operation. `known`: what is known all the same.
 */
export function apiError(
  code: ApiErrorCode,
  message: string,
  details: { readonly known?: readonly object[] } = {},
): GraphQLError {
  const status = code === 'UNAUTHENTICATED' ? 401 : 200
  return new GraphQLError(message, { extensions: { code, ...details, http: { status } } })
}

const storeFaults: Readonly<Record<StoreError['code'], { readonly code: ApiErrorCode; readonly message: string }>> = {
  UNREACHABLE: {
    code: 'REGION_UNAVAILABLE',
    message:
      'The region cannot reach its database. Ask again: a command with the idempotency key it had, if it had one.',
  },
  STALE_HEADS: {
    code: 'REGION_UNAVAILABLE',
    message: 'The region was overtaken by another of its nodes. Nothing was written; ask again.',
  },
  RIGHTS: {
    code: 'REGION_UNAVAILABLE',
    message: 'Stock changed while the command ran. Nothing was written; ask again.',
  },
  CLOSED: { code: 'REGION_UNAVAILABLE', message: 'The region is stopping. Nothing was written; ask another region.' },
  LOG_DROPPED: {
    code: 'TOKEN_LOST',
    message: 'What comes after this place in the log is no longer kept: read what stands now, and go on from there.',
  },
  LOG_SPOILED: {
    code: 'REGION_UNAVAILABLE',
    message:
      'A part of the log here cannot be read, and is being fetched again. Nothing was written; ask another region.',
  },
  DISK_FULL: {
    code: 'REGION_UNAVAILABLE',
    message: "The region's disk is full. Nothing was written; ask another region.",
  },
  REPLACED: {
    code: 'REGION_UNAVAILABLE',
    message: "The region's database was replaced by another copy of it. Nothing was written; ask another region.",
  },
  UNFIT: {
    code: 'INTERNAL',
    message: "The region's database does not do what it is asked for. Nothing was written; the region's log says why.",
  },
  SCHEMA_VERSION: {
    code: 'INTERNAL',
    message: "The region's database has another schema version. Nothing was written.",
  },
}

/** Codes that the libraries use, in the words of this API. */
const libraryCodes: Readonly<Record<string, string>> = {
  INTERNAL_SERVER_ERROR: 'INTERNAL',
  GRAPHQL_PARSE_FAILED: 'BAD_USER_INPUT',
  GRAPHQL_VALIDATION_FAILED: 'BAD_USER_INPUT',
  BAD_REQUEST: 'BAD_USER_INPUT',
  OPERATION_RESOLUTION_FAILURE: 'BAD_USER_INPUT',
  PERSISTED_QUERY_NOT_FOUND: 'PERSISTED_QUERY_NOT_FOUND',
  PERSISTED_QUERY_NOT_SUPPORTED: 'PERSISTED_QUERY_NOT_SUPPORTED',
}

/** `report` hears of what the caller is not told. */
export function publicError(
  formatted: GraphQLFormattedError,
  error: unknown,
  report: (fault: unknown) => void,
): GraphQLFormattedError {
  const { locations, path } = formatted
  const message = shorten(formatted.message)
  const place = { ...(locations && { locations }), ...(path && { path }) }
  const cause = causeOf(error)
  if (cause instanceof RetiredRegion) {
    const told = `${cause.message}: it takes no writes. Nothing was written; ask another region.`
    return { message: told, ...place, extensions: { code: 'REGION_UNAVAILABLE' } }
  }
  if (cause instanceof RestoredRegion) {
    const told = `${cause.message}. Nothing was written; ask another region, or this one again in a moment.`
    return { message: told, ...place, extensions: { code: 'REGION_UNAVAILABLE' } }
  }
  if (cause instanceof ClockAhead) {
    const told = `The region takes no writes: ${cause.message}. Nothing was written; ask another region.`
    return { message: told, ...place, extensions: { code: 'REGION_UNAVAILABLE' } }
  }
  if (cause instanceof StoreError) {
    report(cause)
    const fault = storeFaults[cause.code]
    return { message: fault.message, ...place, extensions: { code: fault.code } }
  }
  if (isAboutTokens(message)) return { message: tooManyTokens(), extensions: { code: 'COST_LIMIT' } }
  const given = formatted.extensions?.code
  if (typeof given === 'string' && given !== 'INTERNAL_SERVER_ERROR') {
    const code = formatted.extensions?.reason === 'COST_LIMIT' ? 'COST_LIMIT' : (libraryCodes[given] ?? given)
    const known = formatted.extensions?.known
    return { message, ...place, extensions: { code, ...(known === undefined ? {} : { known }) } }
  }
  if (cause === undefined && given === undefined && isCallersFault(formatted)) {
    return { message, ...place, extensions: { code: 'BAD_USER_INPUT' } }
  }
  report(cause ?? error)
  return { message: 'The region failed to answer this. Its log says why.', ...place, extensions: { code: 'INTERNAL' } }
}

/** What a resolver threw; undefined where GraphQL itself found fault. */
function causeOf(error: unknown): unknown {
  if (!(error instanceof GraphQLError)) return error
  const { originalError } = error
  return originalError === undefined || originalError === null || originalError instanceof GraphQLError
    ? undefined
    : originalError
}

/** Faults of the document or its variables have no path; faults of fields have one. */
function isCallersFault(formatted: GraphQLFormattedError): boolean {
  return formatted.path === undefined
}
