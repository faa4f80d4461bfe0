// Reads the file, plain or gzipped, into typed rows and a list of corrupt lines. Nothing is written before the whole
// file has been read, so a file that is broken at its end changes nothing.

import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CsvError, parse } from 'csv-parse'
import { codeOf, Failure, messageOf } from '../failure.ts'
import { columns, type RetailRow, readRow } from './rows.ts'

export interface CorruptLine {
  readonly line: number
  readonly reason: string
}

export interface RetailFile {
  readonly rows: readonly RetailRow[]
  readonly corrupt: readonly CorruptLine[]
}

export async function readRetailFile(path: string): Promise<RetailFile> {
  const rows: RetailRow[] = []
  const corrupt: CorruptLine[] = []
  const source = await openText(path)
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: 65_536,
  })
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  let header = true
  try {
    for await (const item of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const line = item.info.lines
      if (header) {
        checkHeader(path, item.record)
        header = false
        continue
      }
      const read = readRow(item.record, line)
      if ('row' in read) rows.push(read.row)
      else corrupt.push({ line, reason: read.corrupt })
    }
  } catch (error) {
    // A quote that is not closed swallows what follows: there is no next line to go on with.
    if (!(error instanceof CsvError)) throw readFailure(path, error)
    corrupt.push({ line: lineOf(error), reason: describe(error) })
  } finally {
    source.destroy()
  }
  if (header && corrupt.length === 0) throw new Failure(`${path} is empty`)
  return { rows, corrupt }
}

async function openText(path: string): Promise<Readable> {
  let gzipped: boolean
  try {
    const file = await open(path)
    try {
      const { bytesRead, buffer } = await file.read(new Uint8Array(2), 0, 2, 0)
      gzipped = bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
    } finally {
      await file.close()
    }
  } catch (error) {
    throw readFailure(path, error)
  }
  if (path.endsWith('.gz') && !gzipped) throw new Failure(`${path} ends in .gz but is not gzip data`)
  const bytes = createReadStream(path)
  if (!gzipped) return bytes
  const gunzip = createGunzip()
  bytes.on('error', (error) => gunzip.destroy(error))
  return bytes.pipe(gunzip)
}

function checkHeader(path: string, record: readonly string[]): void {
  const found = record.map((name) => name.trim())
  if (found.length === columns.length && columns.every((name, index) => name === found[index])) return
  throw new Failure(`${path} is not an Online Retail file: its first line should be ${columns.join(',')}`)
}

function readFailure(path: string, error: unknown): Failure {
  if (error instanceof Failure) return error
  const code = codeOf(error)
  if (code === 'ENOENT') return new Failure(`there is no file ${path}`)
  if (code === 'EISDIR') return new Failure(`${path} is a folder, not a file`)
  if (code === 'EACCES') return new Failure(`${path} may not be read`)
  if (code?.startsWith('Z_')) return new Failure(`${path} is broken gzip data: ${messageOf(error)}`)
  return new Failure(`cannot read ${path}: ${messageOf(error)}`, { cause: error })
}

function lineOf(error: CsvError): number {
  const lines: unknown = error.lines
  return typeof lines === 'number' ? lines : 0
}

function describe(error: CsvError): string {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote is opened and never closed'
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'INVALID_OPENING_QUOTE':
      return 'a quote stands where none may'
    case 'CSV_MAX_RECORD_SIZE':
      return 'the line is longer than 64 KiB; a quote is probably not closed'
    default:
      return error.message
  }
}
