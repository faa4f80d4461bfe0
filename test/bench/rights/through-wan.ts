// A Postgres as a region far away reaches it. Knows no bench.

import type { Wan } from '../../support/wan/wan.ts'

/** The URL at which `from` reaches the server of `databaseUrl`, which stands in `to`. */
export async function throughWan(wan: Wan, from: string, to: string, databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl)
  url.port = String(await wan.port(from, to, Number(url.port)))
  url.hostname = '127.0.0.1'
  return url.href
}
