// Copies of objects that share a shape. In the V8 of Node 20 an object that begins as a copy and is given one more property,
// `{ ...before, more }`, gets a hidden class of its own: whatever reads such objects finds each of another shape, and is never
// optimized for long. A copy that begins with nothing, `{ ...null, ...before, more }`, says the same, and all like it share
// one shape. Knows nothing of what the code does.

import { parseAst } from 'vite'

/** Node from 22 on gives copies that are made alike one shape by itself, and copies faster than what begins with nothing. */
export const copiesShareNoShape = Number.parseInt(process.versions.v8, 10) < 12

const nothingFirst = '...null, '

/** `code`, an ES module, that does the same, line by line; code that begins its copies so already is left as it is. */
export function keepShapes(code: string): string {
  const places: number[] = []
  visit(parseAst(code), (copy) => places.push(copy))
  let kept = ''
  let from = 0
  for (const place of places.sort((left, right) => left - right)) {
    kept += code.slice(from, place) + nothingFirst
    from = place
  }
  return kept + code.slice(from)
}

interface Visited {
  readonly type?: string
  readonly start?: number
  readonly properties?: readonly Visited[]
  readonly argument?: Visited
  readonly value?: unknown
}

/** Tells where each copy begins: the spread that is first in an object. */
function visit(node: unknown, tell: (start: number) => void): void {
  if (node === null || typeof node !== 'object') return
  const { type, properties } = node as Visited
  const first = type === 'ObjectExpression' ? properties?.[0] : undefined
  if (first?.type === 'SpreadElement' && first.start !== undefined && !isNothing(first.argument)) tell(first.start)
  for (const child of Object.values(node)) visit(child, tell)
}

function isNothing(spread: Visited | undefined): boolean {
  return spread?.type === 'Literal' && spread.value === null
}
