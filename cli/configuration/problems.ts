// Turns what zod found wrong into lines that a person can act on: the path, what is wrong, and for an unknown key the
// one that was probably meant. Knows zod, not the meaning of any key.

import { z } from 'zod'
import { formatPath } from './environment.ts'

const closeEnough = 2

export function describeProblems(schema: z.ZodType, error: z.ZodError): readonly string[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [`${place(issue.path)}: ${sayExpected(issue)}`]
    const known = keysAt(schema, issue.path)
    return issue.keys.map((key) => {
      const meant = nearest(key, known)
      const hint = meant === undefined ? `known keys: ${known.join(', ')}` : `did you mean "${meant}"?`
      return `${place([...issue.path, key])}: unknown key; ${hint}`
    })
  })
}

function place(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '(the whole file)' : formatPath(path)
}

function sayExpected(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    return issue.message.endsWith('received undefined')
      ? `is missing (${issue.expected})`
      : `must be ${article(issue.expected)}`
  }
  if (issue.code === 'invalid_union') return 'must be a number'
  return issue.message
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`
}

/** The keys that the schema knows at `path`. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let current = unwrap(schema)
  for (const step of path) {
    if (current instanceof z.ZodArray) current = unwrap(current.element)
    else if (current instanceof z.ZodObject) current = unwrap(current.shape[String(step)])
    else return []
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : []
}

function unwrap(schema: unknown): unknown {
  let current = schema
  while (current instanceof z.ZodOptional || current instanceof z.ZodDefault || current instanceof z.ZodPrefault)
    current = current.unwrap()
  return current
}

function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: { candidate: string; distance: number } | undefined
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance <= closeEnough && (best === undefined || distance < best.distance)) best = { candidate, distance }
  }
  return best?.candidate
}

/** Levenshtein distance, row by row. */
export function editDistance(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1] ? 0 : 1
      current.push(Math.min((current[column - 1] ?? 0) + 1, (above[column] ?? 0) + 1, (above[column - 1] ?? 0) + same))
    }
    above = current
  }
  return above[right.length] ?? 0
}
