// A copy of a region's database as it is now, under another name of the same server: what a backup or a replica holds that is
// put in its place later. Nobody may be connected to the database meanwhile.

import { urlOfDatabase } from '@causeway/db/embedded/database'
import postgres from 'postgres'

const nameOf = (url: string) => new URL(url).pathname.slice(1)

async function asAdministrator(url: string, work: (admin: postgres.Sql) => Promise<unknown>): Promise<void> {
  const admin = postgres(urlOfDatabase(url, 'postgres'), { max: 1, onnotice: () => undefined })
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}

/**
 * With the same identity, as a copy of its files or a replica that somebody promotes by hand has it. `recovered`: under another
 * timeline than the one that was noted, as a recovery leaves it.
 */
export async function copyDatabase(url: string, { recovered }: { readonly recovered: boolean }): Promise<string> {
  const name = `${nameOf(url)}_copy`
  await asAdministrator(url, (admin) => admin`create database ${admin(name)} template ${admin(nameOf(url))}`)
  const copy = urlOfDatabase(url, name)
  if (!recovered) return copy
  const sql = postgres(copy, { max: 1, onnotice: () => undefined })
  await sql`update heads set timeline = timeline + 1`
  await sql.end()
  return copy
}

/** The copy in the database's place, under its name. Nobody may be connected to either. */
export function putInPlace(copy: string, url: string): Promise<void> {
  return asAdministrator(url, async (admin) => {
    await admin`drop database ${admin(nameOf(url))} with (force)`
    await admin`alter database ${admin(nameOf(copy))} rename to ${admin(nameOf(url))}`
  })
}

export function dropCopy(url: string): Promise<void> {
  return asAdministrator(url, (admin) => admin`drop database if exists ${admin(nameOf(url))} with (force)`)
}
