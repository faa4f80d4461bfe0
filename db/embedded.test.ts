// The embedded Postgres as its users meet it: killed, orphaned, in folders that only root may enter, in folders that
// cannot be written.

import { spawn } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dataOf, isAlive, readPostmaster, reasonOf } from './embedded/cluster.ts'
import { ensureDatabase } from './embedded/database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/start.ts'

const isRoot = process.getuid?.() === 0
let base: string
let started: EmbeddedPostgres[]

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'causeway-embedded-'))
  started = []
})

afterEach(async () => {
  await Promise.all(started.map((server) => server.stop()))
  await rm(base, { recursive: true, force: true })
})

async function start(directory: string, port = 0): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ directory, port })
  started.push(server)
  return server
}

async function query(url: string, text: string): Promise<unknown> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined, connect_timeout: 5 })
  try {
    const [row] = await sql.unsafe(text)
    return row?.value
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await sleep(20)
}

/** Another Node process that starts the Postgres of `directory`; resolves with its URL. */
async function startElsewhere(directory: string) {
  const module = fileURLToPath(new URL('./embedded/start.ts', import.meta.url))
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(module)})
    const server = await startEmbeddedPostgres({ directory: ${JSON.stringify(directory)} })
    console.log(JSON.stringify({ url: server.url, pid: server.pid }))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const line = await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(String(data))))
  const { url, pid }: { url: string; pid: number } = JSON.parse(line)
  return { child, url, pid }
}

describe('why there is no cluster', () => {
  it('is told as a full disk where the server wrote the piece that was left of it', () => {
    const said =
      'creating files\nFATAL:  could not extend file "global/2672": wrote only 4096 of 8192 bytes at block 0\nremoving'
    expect(reasonOf(said)).toMatch(/^could not extend file .*: No space left on device$/)
    expect(reasonOf('initdb: error: invalid locale name')).toBe('invalid locale name')
  })
})

describe('embedded Postgres', () => {
  it('starts in an empty folder, keeps what was written, and starts again', async () => {
    const directory = join(base, 'new', 'eu')
    const first = await start(directory)
    expect(
      await query(first.url, `select current_setting('fsync') || current_setting('data_checksums') as value`),
    ).toMatch(/^on/)
    const url = await ensureDatabase(first.url, 'causeway')
    expect(await ensureDatabase(first.url, 'causeway')).toBe(url)
    await query(url, 'create table kept as select 7 as value')
    await first.stop()
    expect(isAlive(first.pid)).toBe(false)
    const second = await start(directory)
    expect(await query(await ensureDatabase(second.url, 'causeway'), 'select value from kept')).toBe(7)
  })

  it('lets nobody in without the password, which only its owner may read', async () => {
    const server = await start(base)
    const stranger = new URL(server.url)
    stranger.password = 'guess'
    await expect(query(stranger.href, 'select 1 as value')).rejects.toThrow(/password/)
    expect((await stat(join(base, 'password'))).mode & 0o777).toBe(0o600)
    expect((await stat(dataOf(base))).mode & 0o077).toBe(0)
  })

  it('comes back on the same port when its process is killed', async () => {
    const server = await start(base)
    const before = server.pid
    process.kill(before, 'SIGKILL')
    await until(async () => server.pid !== before && (await readPostmaster(base))?.status === 'ready')
    expect(await query(server.url, 'select 1 as value')).toBe(1)
  })

  it('ends with the process that started it, even one killed with SIGKILL, and starts again', async () => {
    const { child, url, pid } = await startElsewhere(base)
    await query(url, 'create table kept as select 7 as value')
    child.kill('SIGKILL')
    const server = await start(base)
    expect(await query(server.url, 'select value from kept')).toBe(7)
    expect(isAlive(pid)).toBe(false)
  })

  it('takes over a postmaster that nobody stops', async () => {
    const { child, pid } = await startElsewhere(base)
    child.kill('SIGSTOP')
    try {
      const server = await start(base)
      expect(server.pid).toBe(pid)
      expect(await query(server.url, 'select 1 as value')).toBe(1)
      await server.stop()
      expect(isAlive(pid)).toBe(false)
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('is not misled by the lock file of a dead server whose number another process has', async () => {
    const first = await start(base)
    await first.stop()
    for (const pid of [process.pid, 1, 4_000_000]) {
      await writeFile(join(dataOf(base), 'postmaster.pid'), `${pid}\n${dataOf(base)}\n1\n5432\n\n127.0.0.1\n0\nready\n`)
      const server = await start(base)
      expect(await query(server.url, 'select 1 as value')).toBe(1)
      await server.stop()
    }
  })

  it('clears what an interrupted first start left', async () => {
    await mkdir(join(base, 'data-4000000'))
    await mkdir(join(base, 'data'))
    const server = await start(base)
    expect(await query(server.url, 'select 1 as value')).toBe(1)
    await expect(stat(join(base, 'data-4000000'))).rejects.toThrow()
  })

  it('names the port that is taken', async () => {
    const one = await start(join(base, 'one'))
    await expect(startEmbeddedPostgres({ directory: join(base, 'two'), port: one.port })).rejects.toThrow(
      new RegExp(`${join(base, 'two')}.*(?:could not bind|Address already in use|${one.port})`),
    )
  })

  it('names a data folder that cannot be used, and what to do', async () => {
    const file = join(base, 'file')
    await writeFile(file, '')
    const failing = startEmbeddedPostgres({ directory: join(file, 'data') })
    await expect(failing).rejects.toThrow(`the data folder ${join(file, 'data')} cannot be used`)
    await expect(failing).rejects.toThrow('--data')
  })

  it.runIf(isRoot)('runs as nobody for root, in a folder that only root may enter and in one open to all', async () => {
    for (const mode of [0o700, 0o755]) {
      await chmod(base, mode)
      const server = await start(join(base, String(mode)))
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
      expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).not.toBe('0')
      expect(await query(server.url, 'select 1 as value')).toBe(1)
    }
  })

  it.runIf(isRoot)('runs as the owner of its data for root', async () => {
    const directory = join(base, 'owned')
    const first = await start(directory)
    await first.stop()
    const { uid } = await stat(dataOf(directory))
    await chown(directory, uid, uid)
    const second = await start(directory)
    expect(await query(second.url, 'select 1 as value')).toBe(1)
  })
})
