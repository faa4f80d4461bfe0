import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ensureWritable } from '../folder.ts'
import { layOut } from './layout.ts'
import { takeLock } from './lock.ts'
import { checkPorts, removeState, writeConfiguration } from './prepare.ts'
import { welcome } from './screen.ts'
import { Supervisor } from './supervisor.ts'

// Answers /health/ready, and ends when its channel to the parent closes, as a region does.
const child = `
import { createServer } from 'node:http'
const [, , port, mode] = process.argv
if (mode === 'broken') { console.error('causeway: the disk is full'); process.exit(1) }
process.once('disconnect', () => process.exit(0))
process.once('SIGTERM', () => process.exit(0))
createServer((request, response) => {
  if (mode !== 'retired') return response.end(String(process.pid))
  response.writeHead(503).end(JSON.stringify({ ready: false, reason: 'eu-west-1 is retired: it has left the cluster' }))
}).listen(Number(port), '127.0.0.1')
`

describe('causeway dev', () => {
  let directory: string
  const open: Server[] = []
  const supervisors: Supervisor[] = []

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'causeway-dev-'))
  })
  afterEach(async () => {
    for (const supervisor of supervisors.splice(0)) await supervisor.stop()
    for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve))
    await rm(directory, { recursive: true, force: true })
  })

  async function occupy(): Promise<number> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    open.push(server)
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  async function freePort(): Promise<number> {
    const port = await occupy()
    await new Promise((resolve) => open.pop()?.close(resolve))
    return port
  }

  async function supervise(mode: string, said: string[]): Promise<{ supervisor: Supervisor; url: string }> {
    const script = join(directory, 'child.mjs')
    await writeFile(script, child)
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const supervisor = new Supervisor({
      name: 'eu-west-1',
      command: script,
      arguments: [String(port), mode],
      url,
      logFile: join(directory, 'child.log'),
      say: (text) => said.push(text),
      patienceMs: 50,
    })
    supervisors.push(supervisor)
    return { supervisor, url }
  }

  it('a port in use is named, with who needs it and what to do', async () => {
    const port = await occupy()
    const layout = layOut(directory, port - 1)
    await expect(checkPorts(layout.regions.slice(0, 1), 0)).rejects.toThrow(
      `port ${port} is in use; us-east-1 needs it. Choose other ports with --port`,
    )
  })

  it('a data folder that cannot be written is named', async () => {
    await writeFile(join(directory, 'file'), '')
    await expect(ensureWritable(join(directory, 'file'))).rejects.toThrow('cannot write to the data folder')
    await expect(ensureWritable('/proc/nowhere/deep')).rejects.toThrow('choose another with --data')
  })

  it('a second one on the same folder is refused, and what a dead one left is taken over', async () => {
    const file = join(directory, 'lock')
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000) // causeway'], { stdio: 'ignore' })
    const ended = new Promise((resolve) => other.once('exit', resolve))
    await writeFile(file, `${other.pid}\n`)
    expect(() => takeLock(file, directory)).toThrow(
      `another causeway dev (process ${other.pid}) is running on ${directory}`,
    )
    other.kill('SIGKILL')
    await ended
    const lock = takeLock(file, directory)
    expect(lock.tookOver).toBe(true)
    lock.release()
    await expect(stat(file)).rejects.toThrow('ENOENT')
  })

  it('--fresh removes the state, and nothing that is not ours', async () => {
    const layout = layOut(directory, 4000)
    await writeConfiguration(layout)
    await mkdir(layout.dataOf('us-east-1'))
    await writeFile(join(directory, 'thesis.doc'), 'years of work')
    await expect(removeState(layout)).rejects.toThrow("it holds thesis.doc, which is not Causeway's")
    await rm(join(directory, 'thesis.doc'))
    await removeState(layout)
    await expect(stat(layout.configurationFile)).rejects.toThrow('ENOENT')
    await expect(stat(layout.dataOf('us-east-1'))).rejects.toThrow('ENOENT')
  })

  it('the cluster secret outlives a restart, and only its owner may read it', async () => {
    const layout = layOut(directory, 4000)
    await writeConfiguration(layout)
    const first = await readFile(layout.configurationFile, 'utf8')
    await writeConfiguration(layout)
    expect(await readFile(layout.configurationFile, 'utf8')).toBe(first)
    expect((await stat(layout.secretFile)).mode & 0o077).toBe(0)
    expect((await stat(layout.configurationFile)).mode & 0o077).toBe(0)
  })

  it('a region that is killed is started again, and it is said', async () => {
    const said: string[] = []
    const { supervisor, url } = await supervise('fine', said)
    await supervisor.start()
    const first = supervisor.pid
    if (first === undefined) throw new Error('nothing was started')
    process.kill(first, 'SIGKILL')
    await expect.poll(() => said.at(-1), { timeout: 10_000 }).toBe('eu-west-1 is back')
    expect(said[0]).toBe('eu-west-1 ended (SIGKILL); starting it again in 0.5 s')
    expect(Number(await (await fetch(url)).text())).toBe(supervisor.pid)
    expect(supervisor.pid).not.toBe(first)
  })

  it('a region that cannot start says why', async () => {
    const { supervisor } = await supervise('broken', [])
    await expect(supervisor.start()).rejects.toThrow('eu-west-1 ended while starting (exit code 1): the disk is full')
  })

  it('the screen names the addresses and how to stop', () => {
    const text = welcome(layOut('/data', 5000), 3.2, false)
    for (const part of [
      'http://127.0.0.1:5000/graphiql',
      'http://127.0.0.1:5003/graphql',
      'Ctrl-C',
      '--url http://127.0.0.1:5000',
    ]) {
      expect(text).toContain(part)
    }
  })

  it('S7: starts beside a retired region, which serves nobody, and says so', async () => {
    const said: string[] = []
    const { supervisor } = await supervise('retired', said)
    await supervisor.start()
    expect(said).toEqual(['eu-west-1 runs and does not serve: eu-west-1 is retired: it has left the cluster'])
  })
})
