// The stock rows of a commit as bytes: one column per cell, so that a batch of like rows compresses to little.
// Knows no rule of stock.

import { isOrigin, type Origin } from '../clock/origin.ts'
import type { OwnStockRow } from '../stock/row.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import type { DictionaryReader, DictionaryWriter } from './dictionary.ts'

/** Bytes that a row takes at least: SKU, location, six cells, number of gifts. */
const minimumRowBytes = 9

export function writeStockRows(writer: ByteWriter, dictionary: DictionaryWriter, rows: readonly OwnStockRow[]): void {
  writer.varint(rows.length)
  for (const row of rows) dictionary.write(writer, row.sku)
  for (const row of rows) dictionary.write(writer, row.location)
  for (const row of rows) writer.varint(row.cells.received)
  for (const row of rows) writer.varint(row.cells.returned)
  for (const row of rows) writer.varint(row.cells.sold)
  for (const row of rows) writer.varint(row.cells.released)
  for (const row of rows) writer.varint(row.cells.shipped)
  for (const row of rows) writer.varint(row.cells.writtenOff)
  for (const row of rows) {
    let gifts = 0
    for (const _holder in row.cells.given) gifts++
    writer.varint(gifts)
  }
  for (const row of rows) for (const holder in row.cells.given) dictionary.write(writer, holder)
  for (const row of rows) for (const holder in row.cells.given) writer.varint(row.cells.given[holder] ?? 0)
}

export function readStockRows(reader: ByteReader, dictionary: DictionaryReader): OwnStockRow[] {
  const count = reader.count(minimumRowBytes)
  const skus = column(count, () => dictionary.read(reader))
  const locations = column(count, () => dictionary.read(reader))
  const received = column(count, () => reader.varint())
  const returned = column(count, () => reader.varint())
  const sold = column(count, () => reader.varint())
  const released = column(count, () => reader.varint())
  const shipped = column(count, () => reader.varint())
  const writtenOff = column(count, () => reader.varint())
  const given = readGifts(reader, dictionary, count)
  return skus.map((sku, row) => ({
    sku,
    location: at(locations, row),
    cells: {
      received: at(received, row),
      returned: at(returned, row),
      sold: at(sold, row),
      released: at(released, row),
      shipped: at(shipped, row),
      writtenOff: at(writtenOff, row),
      given: at(given, row),
    },
  }))
}

function readGifts(reader: ByteReader, dictionary: DictionaryReader, count: number): Record<Origin, number>[] {
  const counts = column(count, () => reader.count())
  const holders = counts.map((gifts) => column(gifts, () => readHolder(reader, dictionary)))
  return holders.map((names) => {
    const given: Record<Origin, number> = {}
    for (const holder of names) {
      if (Object.hasOwn(given, holder)) throw reader.malformed(`${holder} is given to twice in one row`)
      given[holder] = reader.varint()
    }
    return given
  })
}

function readHolder(reader: ByteReader, dictionary: DictionaryReader): Origin {
  const holder = dictionary.read(reader)
  if (!isOrigin(holder)) throw reader.malformed(`not an origin: ${holder}`)
  return holder
}

function column<Value>(count: number, read: () => Value): Value[] {
  const values: Value[] = []
  for (let row = 0; row < count; row++) values.push(read())
  return values
}

function at<Value>(values: readonly Value[], row: number): Value {
  const value = values[row]
  if (value === undefined) throw new RangeError(`row ${row} of ${values.length}`)
  return value
}
