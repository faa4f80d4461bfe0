// Full-text search for the memory store: finds what Postgres's `simple` configuration finds for ordinary words. All
// words must occur; `or` separates choices; `-word` must not occur; "a phrase" occurs in order; the last word may be
// a beginning. Ranks by where a word stands in the text, most important field first. Knows no document.

interface Term {
  readonly words: readonly string[]
  readonly absent: boolean
  /** The last of `words` may be the beginning of a longer word. */
  readonly open: boolean
}

const weights = [1, 0.4, 0.2]

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

function parse(query: string): readonly (readonly Term[])[] {
  const choices: Term[][] = [[]]
  const tokens = [...query.matchAll(/(-?)"([^"]*)"|(-?)([^\s"]+)/g)]
  for (const [index, token] of tokens.entries()) {
    const quoted = token[2] !== undefined
    const text = token[2] ?? token[4] ?? ''
    if (!quoted && text.toLowerCase() === 'or') {
      choices.push([])
      continue
    }
    const words = wordsOf(text)
    if (words.length === 0) continue
    choices.at(-1)?.push({ words, absent: (token[1] || token[3]) === '-', open: index === tokens.length - 1 })
  }
  return choices.filter((terms) => terms.length > 0)
}

function occursAt(words: readonly string[], start: number, term: Term): boolean {
  return term.words.every((word, offset) => {
    const found = words[start + offset]
    if (found === undefined) return false
    return term.open && offset === term.words.length - 1 ? found.startsWith(word) : found === word
  })
}

/** The weight of the best place where the term occurs; 0 where it does not. */
function weightOf(fields: readonly (readonly string[])[], term: Term): number {
  for (const [index, words] of fields.entries()) {
    if (words.some((_, start) => occursAt(words, start, term))) return weights[Math.min(index, weights.length - 1)] ?? 0
  }
  return 0
}

/** Null where the text is not found. */
export function rankText(searchText: readonly string[], query: string): number | null {
  const fields = searchText.map(wordsOf)
  let best: number | null = null
  for (const terms of parse(query)) {
    const found = terms.map((term) => ({ term, weight: weightOf(fields, term) }))
    if (!found.every(({ term, weight }) => weight > 0 !== term.absent)) continue
    const rank = found.reduce((sum, { weight }) => sum + weight, 0)
    best = Math.max(best ?? 0, rank)
  }
  return best
}
