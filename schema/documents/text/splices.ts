// From one text to another in as few pieces as people would name: whole words that go and words that come. What lies
// between is left alone, so that somebody else's edit of it survives. Knows no document.

import { diffArrays } from 'diff'
import type { JsonObject } from '../../json.ts'

/** At a place in UTF-16 units, which is how Automerge counts here; earlier splices are done already. */
export interface Splice {
  readonly at: number
  readonly remove: number
  readonly insert: string
}

/** Texts that differ in more words than this are one from the first difference to the last: 20 ms at the bound. */
const maximumDifferences = 200

/** Words, blanks, and each other character with what combines with it: a splice never parts one of them. */
const token = /[\p{L}\p{N}_][\p{L}\p{N}\p{M}_'’-]*|\s+|.(?:\p{M}|\u200d|\ufe0f)*/gsu

function tokensOf(text: string): string[] {
  return text.match(token) ?? []
}

export function splicesOf(before: string, after: string): readonly Splice[] {
  if (before === after) return []
  const pieces = diffArrays(tokensOf(before), tokensOf(after), { maxEditLength: maximumDifferences })
  if (pieces === undefined) {
    const { at, removed, put } = spanOf(before, after)
    return [{ at, remove: removed.length, insert: put }]
  }
  const splices: Splice[] = []
  let at = 0
  let remove = 0
  let insert = ''
  const close = () => {
    if (remove > 0 || insert !== '') splices.push({ at, remove, insert })
    at += insert.length
    remove = 0
    insert = ''
  }
  for (const { added, removed, value } of pieces) {
    const text = value.join('')
    if (added) insert += text
    else if (removed) remove += text.length
    else {
      close()
      at += text.length
    }
  }
  close()
  return splices
}

/** Longer than this, what an edit took and put is shown cut off. */
export const maximumShownCharacters = 500

/** What an edit took out and put in, from the first difference to the last: as a conflict shows it to people. */
export function shownEdit(before: string, after: string): JsonObject {
  const { removed, put } = spanOf(before, after)
  return { removed: shorten(removed), put: shorten(put) }
}

function shorten(text: string): string {
  if (text.length <= maximumShownCharacters) return text
  return `${text.slice(0, maximumShownCharacters - 1).replace(/\p{Surrogate}$/u, '')}…`
}

function spanOf(
  before: string,
  after: string,
): { readonly at: number; readonly removed: string; readonly put: string } {
  const [left, right] = [tokensOf(before), tokensOf(after)]
  const most = Math.min(left.length, right.length)
  let head = 0
  while (head < most && left[head] === right[head]) head += 1
  let tail = 0
  while (tail < most - head && left.at(-1 - tail) === right.at(-1 - tail)) tail += 1
  const middle = (tokens: string[]) => tokens.slice(head, tokens.length - tail).join('')
  return { at: left.slice(0, head).join('').length, removed: middle(left), put: middle(right) }
}
