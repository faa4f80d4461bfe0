// A table of the operator's page. On a narrow screen the cells stand below each other, each with its title; the roles keep
// it a table all the same. Knows nothing of what it shows.

export interface Column {
  readonly title: string
  readonly isNumber?: boolean
}

/** The first cell names the row; a single one speaks for the whole width. */
export type Row = readonly (string | Node)[]

export function drawTable(table: HTMLElement, columns: readonly Column[], rows: readonly Row[]): void {
  const head = group('thead', [row(columns.map(heading))])
  const body = group(
    'tbody',
    rows.map((cells) => row(cells.length === 1 ? [remark(cells[0] ?? '', columns.length)] : drawCells(columns, cells))),
  )
  table.role = 'table'
  table.replaceChildren(head, body)
}

function drawCells(columns: readonly Column[], cells: Row): readonly HTMLElement[] {
  return cells.map((content, index) => (index === 0 ? nameCell(content) : cell(columns[index], content)))
}

function group(name: 'thead' | 'tbody', rows: readonly HTMLElement[]): HTMLElement {
  const made = document.createElement(name)
  made.role = 'rowgroup'
  made.append(...rows)
  return made
}

function row(cells: readonly HTMLElement[]): HTMLElement {
  const made = document.createElement('tr')
  made.role = 'row'
  made.append(...cells)
  return made
}

function heading({ title, isNumber }: Column): HTMLElement {
  const made = document.createElement('th')
  made.scope = 'col'
  made.role = 'columnheader'
  made.className = isNumber === true ? 'number' : ''
  made.textContent = title
  return made
}

function nameCell(content: string | Node): HTMLElement {
  const made = document.createElement('th')
  made.scope = 'row'
  made.role = 'rowheader'
  made.append(content)
  return made
}

function cell(column: Column | undefined, content: string | Node): HTMLElement {
  const made = document.createElement('td')
  made.role = 'cell'
  made.className = column?.isNumber === true ? 'number' : ''
  made.dataset.title = column?.title ?? ''
  made.append(content)
  return made
}

function remark(content: string | Node, span: number): HTMLElement {
  const made = document.createElement('td')
  made.role = 'cell'
  made.colSpan = span
  made.className = 'unknown'
  made.append(content)
  return made
}
