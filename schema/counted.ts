// Numbers in sentences: "1 unit", "2 units". For messages that people read; knows no other grammar.

/** `one` after 1, else `more`: its plural in s where it is left out. */
export function plural(count: number, one: string, more = `${one}s`): string {
  return count === 1 ? one : more
}

/** The number with its noun. */
export function counted(count: number, one: string, more?: string): string {
  return `${count} ${plural(count, one, more)}`
}
