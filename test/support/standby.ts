// A Postgres of its own for one region and a standby that follows it, as an operator of Postgres has them: streaming
// replication, from a copy of the data folder made while the server was down. Knows no region.

import { execFile } from 'node:child_process'
import { chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@causeway/db/embedded/start'
import postgres from 'postgres'

const settings = { wal_level: 'replica', max_wal_senders: '4', wal_keep_size: '64MB' }

export class PostgresPair {
  readonly #folder: string
  #primary: EmbeddedPostgres
  #standby: EmbeddedPostgres | null = null

  private constructor(folder: string, primary: EmbeddedPostgres) {
    this.#folder = folder
    this.#primary = primary
  }

  /** The primary alone. */
  static async open(): Promise<PostgresPair> {
    const folder = await mkdtemp(join(tmpdir(), 'causeway-pair-'))
    return new PostgresPair(folder, await startEmbeddedPostgres({ directory: join(folder, 'primary'), settings }))
  }

  get url(): string {
    return this.#primary.url
  }

  get standbyUrl(): string {
    return this.#standby?.url ?? ''
  }

  /** Copies the primary, which nobody may use meanwhile, and starts both. */
  async follow(): Promise<void> {
    const [from, to] = [join(this.#folder, 'primary'), join(this.#folder, 'standby')]
    const { port } = this.#primary
    await this.#primary.stop()
    await promisify(execFile)('cp', ['-a', from, to])
    const { uid, gid } = await stat(join(to, 'data', 'PG_VERSION'))
    const signal = join(to, 'data', 'standby.signal')
    await writeFile(signal, '')
    await chown(signal, uid, gid)
    this.#primary = await startEmbeddedPostgres({ directory: from, port, settings })
    await this.startStandby()
  }

  async startStandby(): Promise<void> {
    const { hostname, port, username, password } = new URL(this.#primary.url)
    const info = `host=${hostname} port=${port} user=${username} password=${password}`
    const following = { ...settings, hot_standby: 'on', primary_conninfo: info }
    this.#standby = await startEmbeddedPostgres({ directory: join(this.#folder, 'standby'), settings: following })
  }

  /** What the primary writes from now on the standby does not have. */
  async stopStandby(): Promise<void> {
    await this.#standby?.stop()
  }

  async losePrimary(): Promise<void> {
    process.kill(this.#primary.pid, 'SIGKILL')
    await this.#primary.stop()
  }

  async promote(): Promise<void> {
    const sql = postgres(this.standbyUrl, { max: 1 })
    try {
      const [row] = await sql<{ promoted: boolean }[]>`select pg_promote(true, 30) as promoted`
      if (row?.promoted !== true) throw new Error('the standby was not promoted')
    } finally {
      await sql.end()
    }
  }

  async close(): Promise<void> {
    await this.#standby?.stop()
    await this.#primary.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
