// What a stranger starts wrongly: each command ends with its exit code and one line that says what is wrong and what
// helps, and what was there stays as it was.

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type TestDatabase, testDatabase } from '@causeway/db/test-database'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ask } from '../support/ask.ts'
import { cannotStart, causeway, type Development, freePorts, startDevelopment } from '../support/development.ts'

const run = promisify(execFile)
/** As root, or as a user who may become root without being asked. */
const runAsRoot = (command: string, words: readonly string[]) =>
  run(command, words).catch(() => run('sudo', ['-n', command, ...words]))
/** The lines of an error: what commands say before it, of their progress, apart. */
const lastLine = (output: string) => output.trim().split('\n').at(-1) ?? ''

describe.skipIf(cannotStart !== null)(`bad starts${cannotStart === null ? '' : ` (skipped: ${cannotStart})`}`, () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'causeway-bad-start-'))
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function write(name: string, content: string | object): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }

  function configuration(database: string, port = 1) {
    const listen = { host: '127.0.0.1', port }
    return {
      regions: [{ id: 'us-east-1', url: `http://127.0.0.1:${port}`, listen, database }],
      gateways: [{ id: 'gateway', listen, region: 'us-east-1' }],
      auth: { mode: 'development' },
      cluster: { secret: 'a secret that is long enough to be one' },
    }
  }

  describe('beside a running system', () => {
    const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
    const line = '536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom'
    let development: Development

    beforeAll(async () => {
      development = await startDevelopment()
    }, 180_000)

    afterAll(async () => {
      await development?.stop()
    }, 60_000)

    it.each([
      [
        'corrupt.csv',
        `${header}\n${line}\n536366,85123A\n`,
        /corrupt line 3: 2 columns instead of 8; nothing was written/,
      ],
      ['header.csv', `a,b,c\n${line}\n`, /not an Online Retail file: its first line should be InvoiceNo,/],
      ['not.csv.gz', 'no gzip', /ends in \.gz but is not gzip data/],
      ['empty.csv', '', /is empty/],
    ])('%s is not imported, and the line says why', async (name, content, words) => {
      const { code, output } = await causeway(
        'import',
        'online-retail',
        await write(name, content),
        '--url',
        development.gateway,
      )
      expect([code, lastLine(output)]).toEqual([1, expect.stringMatching(words)])
      const { data } = await ask(
        development.gateway,
        '{ products { totalCount } orders { totalCount } events { edges { node { id } } } }',
      )
      expect(data).toEqual({ products: { totalCount: 0 }, orders: { totalCount: 0 }, events: { edges: [] } })
    })

    it('a file that is not there is named', async () => {
      const { code, output } = await causeway(
        'import',
        'online-retail',
        join(folder, 'none.csv'),
        '--url',
        development.gateway,
      )
      expect([code, lastLine(output)]).toEqual([1, `causeway: there is no file ${join(folder, 'none.csv')}`])
    })

    it('a second one on the same folder names the first, which goes on', async () => {
      const { code, output } = await causeway('dev', '--data', development.directory)
      expect([code, lastLine(output)]).toEqual([
        1,
        expect.stringMatching(/another causeway dev \(process \d+\) is running on .*--data$/),
      ])
      expect((await ask(development.gateway, '{ products { totalCount } }')).errors).toEqual([])
    })

    it('ports in use are named, with who needs them, and no state is made', async () => {
      const port = new URL(development.gateway).port
      const beside = join(folder, 'beside')
      const dev = await causeway('dev', '--port', port, '--data', beside)
      expect([dev.code, lastLine(dev.output)]).toEqual([1, expect.stringMatching(`port ${port} is in use.*--port`)])
      expect(await readdir(beside)).toEqual([])
      const path = await write('port.json', configuration('postgres://nobody@127.0.0.1:1/none', Number(port)))
      const gateway = await causeway('gateway', '--config', path)
      expect([gateway.code, lastLine(gateway.output)]).toEqual([1, expect.stringMatching(`port ${port} .*in use`)])
    })
  })

  it('unknown commands and options are wrong usage', async () => {
    for (const words of [['bogus'], ['dev', '--prot', '1'], ['status', '--url', 'here'], ['region', 'us-east-1']]) {
      expect((await causeway(...words)).code).toBe(2)
    }
  })

  it('a wrong configuration key is named with its path', async () => {
    const good = configuration('postgres://nobody@127.0.0.1:1/none')
    const path = await write('key.json', { ...good, regions: good.regions.map((one) => ({ ...one, databse: 'x' })) })
    for (const words of [['gateway'], ['region', 'us-east-1'], ['migrate', 'us-east-1']]) {
      const { code, output } = await causeway(...words, '--config', path)
      expect([code, lastLine(output)]).toEqual([
        1,
        expect.stringMatching(/regions\[0\]\.databse: unknown key; did you mean "database"\?/),
      ])
    }
  })

  it('a data folder that cannot be written is named', async () => {
    await write('file', 'kept')
    for (const directory of [join(folder, 'file'), join(folder, 'file', 'below')]) {
      const { code, output } = await causeway('dev', '--data', directory)
      expect([code, lastLine(output)]).toEqual([
        1,
        `causeway: cannot write to the data folder ${directory}: a file is in the way; choose another with --data`,
      ])
    }
  })

  it('a database of another schema is not touched, and the command that helps is said', async () => {
    const database: TestDatabase = await testDatabase()
    onTestFinished(() => database.drop())
    const path = await write('schema.json', configuration(database.url))
    const start = async () => {
      const { code, output } = await causeway('region', 'us-east-1', '--config', path)
      return [code, lastLine(output)]
    }
    const advice = 'causeway migrate us-east-1 --config'
    expect(await start()).toEqual([1, expect.stringMatching(`is empty: run .${advice}`)])
    expect((await causeway('migrate', 'us-east-1', '--config', path)).code).toBe(0)
    const sql = postgres(database.url, { max: 1, onnotice: () => undefined })
    onTestFinished(() => sql.end())
    await sql`update causeway_migrations.applied set created_at = created_at - 1`
    expect(await start()).toEqual([1, expect.stringMatching(`older schema: run .${advice}`)])
    await sql`update causeway_migrations.applied set created_at = created_at + 2`
    expect(await start()).toEqual([1, expect.stringMatching(/newer schema than this program/)])
  })

  it('a full disk is named with the folder, leaves nothing half made, and works once there is room', async (context) => {
    const directory = join(folder, 'small')
    await mkdir(directory)
    await runAsRoot('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', directory]).catch(() =>
      context.skip('only root can mount a small disk to fill'),
    )
    onTestFinished(async () => {
      await runAsRoot('umount', [directory])
    })
    const options = ['--data', directory, '--no-sample']
    const { code, output } = await causeway('dev', '--port', String(await freePorts(4)), ...options)
    expect([code, lastLine(output)]).toEqual([
      1,
      expect.stringMatching(`${directory}/.* cannot be used: .*No space left on device \\(choose another with --data`),
    ])
    for (const region of ['us-east-1', 'eu-west-1', 'ap-south-1']) {
      expect(await readdir(join(directory, region))).toEqual(['password'])
    }
    await runAsRoot('mount', ['-o', 'remount,size=400m', directory])
    const development = await startDevelopment(...options)
    await development.stop()
  }, 180_000)
})
