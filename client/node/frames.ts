// The bytes of a storage file: frames one after another, each the writes of one durable step with its length and checksum.
// Tells a frame that a crash cut off at the end from damage in the middle. Knows bytes and no file.

import { crc32 } from 'node:zlib'
import { StorageError, type StorageWrite } from '../storage/port.ts'

/** Begins every frame, so that a search can tell whether anything whole follows a damaged one. */
const marker = Uint8Array.of(0xc9, 0x5a, 0xf1, 0x0d)
/** Marker, length of the payload, its CRC-32; little-endian. */
const headBytes = 12

const loneSurrogate = /\p{Surrogate}/u

const operations = { putText: 1, putBytes: 2, remove: 3, removeRange: 4 } as const

export function encodeFrame(payload: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(headBytes + payload.length)
  frame.set(marker, 0)
  frame.writeUInt32LE(payload.length, 4)
  frame.writeUInt32LE(crc32(payload), 8)
  frame.set(payload, headBytes)
  return frame
}

export interface ReadFrame {
  readonly payload: Uint8Array
  /** Where the next one begins. */
  readonly end: number
}

/** Null where no whole frame with its right checksum begins at `at`. */
export function readFrame(bytes: Buffer, at: number): ReadFrame | null {
  if (at + headBytes > bytes.length || !marker.every((byte, index) => bytes[at + index] === byte)) return null
  const end = at + headBytes + bytes.readUInt32LE(at + 4)
  if (end > bytes.length) return null
  const payload = bytes.subarray(at + headBytes, end)
  return crc32(payload) === bytes.readUInt32LE(at + 8) ? { payload, end } : null
}

/**
 * A frame is written only once the one before it is durable. So what does not read as a frame was cut off by a crash
 * where nothing whole follows it, and is damage where something does.
 */
export function isTornTail(bytes: Buffer, from: number): boolean {
  for (let at = bytes.indexOf(marker, from + 1); at !== -1; at = bytes.indexOf(marker, at + 1)) {
    if (readFrame(bytes, at) !== null) return false
  }
  return true
}

export function encodeWrites(writes: readonly StorageWrite[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const write of writes) {
    if ('put' in write) {
      const isText = typeof write.value === 'string'
      const value = typeof write.value === 'string' ? textBytes(write.value) : write.value
      parts.push(Uint8Array.of(isText ? operations.putText : operations.putBytes))
      parts.push(...sized(textBytes(write.put)), ...sized(value))
    } else if ('remove' in write) parts.push(Uint8Array.of(operations.remove), ...sized(textBytes(write.remove)))
    else {
      const { from, before } = write.removeRange
      parts.push(Uint8Array.of(operations.removeRange), ...sized(textBytes(from)), ...sized(textBytes(before)))
    }
  }
  return Buffer.concat(parts)
}

/** Throws StorageError on bytes that `encodeWrites` cannot have made. */
export function decodeWrites(payload: Uint8Array): StorageWrite[] {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  const writes: StorageWrite[] = []
  let at = 0
  const part = (): Buffer => {
    if (at + 4 > bytes.length) throw notOurs(at)
    const end = at + 4 + bytes.readUInt32LE(at)
    if (end > bytes.length) throw notOurs(at)
    const found = bytes.subarray(at + 4, end)
    at = end
    return found
  }
  while (at < bytes.length) {
    const operation = bytes[at]
    at += 1
    switch (operation) {
      case operations.putText:
        writes.push({ put: part().toString(), value: part().toString() })
        break
      case operations.putBytes:
        // Its own bytes: the frame's buffer is the whole file.
        writes.push({ put: part().toString(), value: Uint8Array.from(part()) })
        break
      case operations.remove:
        writes.push({ remove: part().toString() })
        break
      case operations.removeRange:
        writes.push({ removeRange: { from: part().toString(), before: part().toString() } })
        break
      default:
        throw notOurs(at - 1)
    }
  }
  return writes
}

function sized(value: Uint8Array): [Uint8Array, Uint8Array] {
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32LE(value.length)
  return [length, value]
}

/** UTF-8 has no half of a surrogate pair: it would come back as another text. */
function textBytes(text: string): Uint8Array {
  if (loneSurrogate.test(text)) throw new StorageError('FAILED', 'a text holds half of a surrogate pair')
  return Buffer.from(text)
}

function notOurs(at: number): StorageError {
  return new StorageError('UNREADABLE', `a frame with a right checksum holds no writes of this version, at byte ${at}`)
}
