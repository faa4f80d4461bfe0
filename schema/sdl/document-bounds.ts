// How large an operation's text may be, for regions and gateways alike: the same text is refused by all, in the same words.
// Knows no GraphQL library: a text that nests too deep is found before any parser walks down it.

/** Fields inside fields; introspection is not counted. */
export const maximumDepth = 15
/** Words and signs of the text. */
export const maximumTokens = 15_000
/** Brackets inside brackets. Fields of the greatest depth with lists and objects for arguments have half of that. */
export const maximumNesting = 64
/** Selections that the text comes to when its fragments are written out. */
export const maximumSelections = 20_000

/** What is wrong with the size of the text, in words; null where it can be parsed without harm. */
export function findOversize(text: string): string | null {
  const nesting = nestingOf(text)
  if (nesting <= maximumNesting) return null
  return `This operation nests brackets ${nesting} deep; ${maximumNesting} is the limit, and ${maximumDepth} that of fields inside fields.`
}

export function tooDeep(depth: number): string {
  return `This operation is ${depth} levels deep; ${maximumDepth} is the limit.`
}

export function tooManyTokens(): string {
  return `This operation has more than ${maximumTokens} tokens, which is the limit: give long inputs as variables, or send it in parts.`
}

export function tooManySelections(): string {
  return `This operation has more than ${maximumSelections} selections with its fragments written out, which is the limit: send it in parts.`
}

const maximumMessageCharacters = 2_000

/** What the library says may hold a whole value that was given; its beginning will do. */
export function shorten(message: string): string {
  return message.length > maximumMessageCharacters ? `${message.slice(0, maximumMessageCharacters)}…` : message
}

/** True for what the GraphQL library says of a text that is longer than `maximumTokens`. */
export function isAboutTokens(message: string): boolean {
  return /contains more tha[nt] \d+ tokens/.test(message)
}

/** The most brackets that are open at once, those in strings and comments apart. */
function nestingOf(text: string): number {
  let open = 0
  let most = 0
  for (let index = 0; index < text.length; index++) {
    switch (text[index]) {
      case '{':
      case '[':
      case '(':
        open += 1
        if (open > most) most = open
        break
      case '}':
      case ']':
      case ')':
        open -= 1
        break
      case '"':
        index = endOfString(text, index)
        break
      case '#':
        index = endOfLine(text, index)
        break
    }
  }
  return most
}

/** Of the string that begins at `start`, or the end of its line where it is never closed: then no parser goes on either. */
function endOfString(text: string, start: number): number {
  if (text.startsWith('"""', start)) {
    let end = text.indexOf('"""', start + 3)
    while (end > 0 && text[end - 1] === '\\') end = text.indexOf('"""', end + 3)
    return end < 0 ? text.length : end + 2
  }
  let index = start + 1
  while (index < text.length && text[index] !== '"' && text[index] !== '\n') index += text[index] === '\\' ? 2 : 1
  return index
}

function endOfLine(text: string, start: number): number {
  let index = start
  while (index < text.length && text[index] !== '\n' && text[index] !== '\r') index += 1
  return index
}
