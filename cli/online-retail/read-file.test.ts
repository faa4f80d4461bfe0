import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRetailFile } from './read-file.ts'

const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
const line = '536365,85123A,"HOOK, 1 HANGER",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom'

describe('reading an Online Retail file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'causeway-retail-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function write(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }

  it('plain and gzipped files read the same, whatever their name', async () => {
    const text = `${header}\n${line}\n${line}\n`
    const plain = await readRetailFile(await write('plain.csv', text))
    const packed = await readRetailFile(await write('packed.csv.gz', gzipSync(text)))
    const unnamed = await readRetailFile(await write('packed.csv', gzipSync(text)))
    expect(plain.rows.map(({ line, description }) => [line, description])).toEqual([
      [2, 'HOOK, 1 HANGER'],
      [3, 'HOOK, 1 HANGER'],
    ])
    expect(packed).toEqual(plain)
    expect(unnamed).toEqual(plain)
  })

  it('corrupt lines are named with their number, and the others are read', async () => {
    const text = `${header}\n${line}\nabc,def\n${line}\n${line.replace('2.55', 'dear')}\n`
    const { rows, corrupt } = await readRetailFile(await write('corrupt.csv', text))
    expect(rows).toHaveLength(2)
    expect(corrupt).toEqual([
      { line: 3, reason: '2 columns instead of 8' },
      { line: 5, reason: 'UnitPrice "dear" is no amount' },
    ])
  })

  it('a quote that is never closed is a corrupt line', async () => {
    const { corrupt } = await readRetailFile(
      await write('quote.csv', `${header}\n${line}\n536366,"71053,X,1\n${line}\n`),
    )
    expect(corrupt).toHaveLength(1)
    expect(corrupt[0]?.reason).toMatch(/quote/)
  })

  it('what is no such file is refused in one line', async () => {
    await expect(readRetailFile(join(folder, 'none.csv'))).rejects.toThrow('there is no file')
    await expect(readRetailFile(folder)).rejects.toThrow('is a folder')
    await expect(readRetailFile(await write('empty.csv', ''))).rejects.toThrow('is empty')
    await expect(readRetailFile(await write('other.csv', 'a,b\n1,2\n'))).rejects.toThrow(
      'its first line should be InvoiceNo,',
    )
    await expect(readRetailFile(await write('not.csv.gz', header))).rejects.toThrow('ends in .gz but is not gzip data')
    const cut = gzipSync(`${header}\n${`${line}\n`.repeat(1_000)}`).subarray(0, 200)
    await expect(readRetailFile(await write('cut.csv.gz', cut))).rejects.toThrow('broken gzip data')
  })
})
