// The table of mutations in docs/SIMULATION.md, a row at a time: what was found is kept until it is looked for again. Knows
// no file and runs nothing.

export const tableBegin = '<!-- mutations: begin -->'
export const tableEnd = '<!-- mutations: end -->'
const head = ['| mutation | the broken code | found | by | alone |', '| --- | --- | --- | --- | --- |']

/** The page with one row put in its place among `ids`; rows of ids that are no more are left out. */
export function withRow(page: string, ids: readonly string[], id: string, row: string): string {
  const begin = page.indexOf(tableBegin)
  const end = page.indexOf(tableEnd)
  if (begin < 0 || end < begin) throw new RangeError(`the page has no ${tableBegin} … ${tableEnd}`)
  const rows = rowsIn(page.slice(begin + tableBegin.length, end)).set(id, row)
  const known = ids.flatMap((each) => rows.get(each) ?? [])
  return `${page.slice(0, begin)}${[tableBegin, ...head, ...known, ''].join('\n')}${page.slice(end)}`
}

/** By the id in the first cell. */
export function rowsIn(table: string): Map<string, string> {
  const lines = table.split('\n').filter((line) => line.startsWith('| ') && !head.includes(line))
  return new Map(lines.map((line) => [line.split('|')[1]?.trim() ?? '', line]))
}
