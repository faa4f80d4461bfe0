// Views of the memory store. A view reads the database itself until something is about to be written; then it goes on with a
// copy of what stood. So a view costs nothing where nothing is written while it is open.

import { StoreError } from '../store.ts'
import type { Moment, StoreView } from '../views.ts'
import { createMemoryConflicts } from './conflicts.ts'
import { copyDatabase, type MemoryDatabase } from './database.ts'
import { commitsInOrderIn, countIn, findIn, loadFrom } from './reads.ts'

export interface OpenView {
  /** What it reads from. */
  database: MemoryDatabase
}

/** Called before anything of the data changes. */
export function keepForViews(database: MemoryDatabase): void {
  if (database.views.size === 0) return
  const copy = copyDatabase(database)
  for (const view of database.views) view.database = copy
  database.views.clear()
}

export function openMemoryView(
  database: MemoryDatabase,
  whileOpen: <Result>(work: () => Result) => Promise<Result>,
): StoreView {
  const view: OpenView = { database }
  database.views.add(view)
  let ended = false
  const read = <Result>(query: (database: MemoryDatabase) => Result): Promise<Result> =>
    whileOpen(() => {
      if (ended) throw new StoreError('CLOSED', 'the view has ended', { retry: false })
      return query(view.database)
    })
  const log = () => createMemoryConflicts(view.database, whileOpen)
  const { frontier, time } = database.head
  const moment = whileOpen((): Moment => ({ frontier, time }))
  moment.catch(() => undefined)
  return {
    moment,
    load: (request) => read((from) => loadFrom(from, request)),
    find: (query) => read((from) => findIn(from, query)),
    count: (query) => read((from) => countIn(from, query)),
    commitsInOrder: (after, limit) => read((from) => commitsInOrderIn(from, after, limit)),
    conflicts: {
      newest: (query) => log().newest(query),
      at: (paths) => log().at(paths),
      find: (id) => log().find(id),
      count: () => log().count(),
    },
    end() {
      ended = true
      database.views.delete(view)
    },
  }
}
