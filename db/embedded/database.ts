// Makes a database on a server where it is missing. Knows no schema (postgres/migrate.ts).

import postgres from 'postgres'

/** `url` with another database in its path. */
export function urlOfDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${encodeURIComponent(name)}`
  return changed.href
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** Creates the database `name` on the server of `url` unless it exists; gives its URL. */
export async function ensureDatabase(url: string, name: string): Promise<string> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined, fetch_types: false })
  try {
    const found = await sql`select 1 from pg_database where datname = ${name}`
    if (found.length === 0) {
      await sql`create database ${sql(name)}`.catch((error: unknown) => {
        // Another process was faster: duplicate_database, or its unique index.
        if (!['42P04', '23505'].includes(codeOf(error))) throw error
      })
    }
  } finally {
    await sql.end({ timeout: 5 })
  }
  return urlOfDatabase(url, name)
}
