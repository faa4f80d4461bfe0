import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { runCommandLine } from './run.ts'

// Nobody listens there: what reaches for the system fails with another message.
const nowhere = ['--url', 'http://127.0.0.1:9']
const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
const line = '536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom'

describe('the command line', () => {
  let folder: string
  let errors: string
  let output: string
  let spies: MockInstance[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'causeway-cli-'))
  })
  afterAll(() => rm(folder, { recursive: true }))
  beforeEach(() => {
    errors = ''
    output = ''
    spies = [
      vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
        errors += String(text)
        return true
      }),
      vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
        output += String(text)
        return true
      }),
      vi.spyOn(console, 'error').mockImplementation((text) => {
        errors += `${String(text)}\n`
      }),
    ]
  })
  afterEach(() => {
    for (const spy of spies) spy.mockRestore()
  })

  async function write(name: string, content: string): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }

  it.each([
    'dev',
    'region',
    'gateway',
    'migrate',
    'keys',
    'operator-key',
    'import',
    'status',
    'verify',
    'retire',
    'join',
  ])('%s explains itself', async (command) => {
    expect(await runCommandLine([command, '--help'])).toBe(0)
    expect(output).toContain(`Usage: causeway ${command}`)
  })

  it.each([
    [['bogus'], "unknown command 'bogus'"],
    [['dev', '--port', '70000'], 'It must be a whole number from 1 to 65532.'],
    [['dev', '--prot', '1'], 'Did you mean --port?'],
    [['keys', 'EU West'], 'A region id is lower-case'],
    [['region', 'eu'], "required option '--config <file>' not specified"],
    [['region', 'eu', '--config', 'c', '--listen', 'here'], 'It must be HOST:PORT'],
    [['import', 'groceries', 'file.csv'], 'The data set that can be imported is online-retail.'],
    [['status', '--url', 'here'], 'must be the gateway'],
  ])('%j is wrong usage', async (words, message) => {
    expect(await runCommandLine(words)).toBe(2)
    expect(errors).toContain(message)
  })

  it('a corrupt line is named and nothing is sent', async () => {
    const file = await write(
      'corrupt.csv',
      `${header}\n${line}\n536366,85123A,HOLDER,six,2010-12-01 08:26:00,2.55,,France\n`,
    )
    expect(await runCommandLine(['import', 'online-retail', file, ...nowhere])).toBe(1)
    expect(errors).toContain(`${file} has a corrupt line 3: Quantity "six" is no whole number; nothing was written`)
  })

  it('--skip-corrupt goes on without it', async () => {
    const file = await write('skipped.csv', `${header}\n${line}\nnonsense\n`)
    expect(await runCommandLine(['import', 'online-retail', file, '--skip-corrupt', ...nowhere])).toBe(1)
    expect(errors).toContain('left out line 3: 1 column instead of 8')
    expect(errors).toContain('nothing listens there; is the gateway running?')
  })

  it('a wrong configuration key is named with its path', async () => {
    const file = await write('c.json', JSON.stringify({ regions: [{ id: 'eu', lisen: {} }] }))
    expect(await runCommandLine(['region', 'eu', '--config', file])).toBe(1)
    expect(errors).toBe(`causeway: ${file}: regions[0].lisen: unknown key; did you mean "listen"?\n`)
  })

  it('development does not listen for the world', async () => {
    const regions = [{ id: 'eu', url: 'http://127.0.0.1:1' }]
    const file = await write(
      'open.json',
      JSON.stringify({ regions, gateway: { listen: { host: '0.0.0.0', port: 0 } } }),
    )
    expect(await runCommandLine(['gateway', '--config', file])).toBe(1)
    expect(errors).toContain('listens on the loopback only, not on 0.0.0.0')
  })

  it('keys makes a key that only its owner reads, once', async () => {
    const file = join(folder, 'keys', 'eu.pem')
    expect(await runCommandLine(['keys', 'eu', '--out', file, '--json'])).toBe(0)
    expect(JSON.parse(output)).toMatchObject({ region: 'eu', signingKeyFile: file })
    expect((await stat(file)).mode & 0o077).toBe(0)
    const made = await readFile(file, 'utf8')
    expect(await runCommandLine(['keys', 'eu', '--out', file])).toBe(1)
    expect(errors).toContain('exists already')
    expect(await readFile(file, 'utf8')).toBe(made)
  })

  it('C6: operator-key makes a key that only its owner reads, once, and says where its public key goes', async () => {
    const file = join(folder, 'keys', 'operator.pem')
    expect(await runCommandLine(['operator-key', '--out', file])).toBe(0)
    expect(output).toMatch(/"operatorKeys": \["MCow/)
    expect((await stat(file)).mode & 0o077).toBe(0)
    expect(await runCommandLine(['operator-key', '--out', file, '--json'])).toBe(1)
    expect(errors).toContain('exists already')
  })

  it('what nobody serves is one line, not a trace', async () => {
    expect(await runCommandLine(['verify', ...nowhere])).toBe(1)
    expect(errors).toMatch(/^causeway: cannot reach http:\/\/127\.0\.0\.1:9: .*\n$/)
  })
})
