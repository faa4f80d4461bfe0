// Relay connections: bounds, cursors that are opaque yet checked, pages. A cursor holds the sort key of its row, so it
// stays valid while rows come and go, and in every region.

import { apiError } from './errors.ts'

export const maximumPage = 500

export interface Edge<Node> {
  readonly node: Node
  readonly cursor: string
}

export interface Page<Node> {
  readonly edges: readonly Edge<Node>[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

/** `preset` where null was given, as tools do for what they leave out. Throws BAD_USER_INPUT outside of 1 to 500. */
export function checkFirst(first: number | null, preset: number): number {
  if (first === null) return preset
  if (first >= 1 && first <= maximumPage) return first
  throw apiError('BAD_USER_INPUT', `\`first\` is 1 to ${maximumPage}, not ${first}.`)
}

export function encodeCursor(list: string, parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([list, ...parts])).toString('base64url')
}

/** `types` are those of the parts. Throws BAD_USER_INPUT on a cursor that this list did not make. */
export function decodeCursor(
  list: string,
  cursor: string,
  types: readonly ('string' | 'number')[],
): (string | number)[] {
  const parts = parseCursor(cursor)
  const fits =
    Array.isArray(parts) &&
    parts[0] === list &&
    parts.length === types.length + 1 &&
    types.every((type, index) => typeof parts[index + 1] === type && !String(parts[index + 1]).includes('\0'))
  if (!fits)
    throw apiError('BAD_USER_INPUT', `\`after\` is no cursor of this list: ${JSON.stringify(cursor.slice(0, 40))}.`)
  return parts.slice(1) as (string | number)[]
}

function parseCursor(cursor: string): unknown {
  if (cursor.length > 2_000 || !/^[A-Za-z0-9_-]+$/.test(cursor)) return null
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return null
  }
}

/** One page; `rows` may hold one more than `first`, which says that there is a next page. */
export function makePage<Row, Node>(
  rows: readonly Row[],
  first: number,
  after: string | null | undefined,
  edge: (row: Row) => Edge<Node>,
): Page<Node> {
  const edges = rows.slice(0, first).map(edge)
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > first,
      hasPreviousPage: typeof after === 'string',
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}
