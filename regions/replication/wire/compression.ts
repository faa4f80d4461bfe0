// What the WebSocket itself does to messages. Both ways it remembers earlier ones: acknowledgements, heartbeats and small
// batches are mostly what was said before. Large batches come compressed and are left as they are (batch-codec.ts).
//
// `ws` gives each message to a thread of its own, in five pieces, there and back. That costs five times what the work
// costs where messages are small, so on links they are compressed on the thread that makes them (0064). What is on the wire is
// permessage-deflate as before (RFC 7692), and either side may leave it to `ws`.

import { promisify } from 'node:util'
import { constants, deflateRaw, deflateRawSync, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib'
import type { PerMessageDeflateOptions, WebSocket } from 'ws'

export const wireCompression: PerMessageDeflateOptions = {
  zlibDeflateOptions: { level: 6, memLevel: 8 },
  threshold: 0,
}

/** Of what was sent before, this much is looked through for what repeats: 32 KB would save 1% more bytes and cost twice as much. */
const rememberedBytes = 16 * 1024
/** What the format lets the other side refer back to. */
const farthestReference = 32 * 1024
/** Longer messages are another thread's work. */
const ownWorkBytes = 32 * 1024
/** A window of `rememberedBytes`, and the memory that goes with it. */
const deflateOptions: ZlibOptions = { level: 9, windowBits: 14, memLevel: 7, finishFlush: constants.Z_SYNC_FLUSH }
/** An empty block, with which each message ends and which is not sent (RFC 7692, 7.2.1). */
const endBytes = 4

const deflateElsewhere = promisify<Uint8Array, ZlibOptions, Buffer>(deflateRaw)
const inflateElsewhere = promisify<Uint8Array, ZlibOptions, Buffer>(inflateRaw)

type Done = (error: Error | null, data?: Buffer) => void

/** The extension of one connection, as `ws` calls it: one message after the other, each when the last one is done. */
interface Extension {
  readonly params: Readonly<Record<string, unknown>>
  compress(data: Buffer | string, isLast: boolean, done: Done): void
  decompress(data: Buffer, isLast: boolean, done: Done): void
}

/** To be called before anything is sent or received. A message of more than `maximumBytes` ends the connection, as with `ws`. */
export function compressOnOwnThread(socket: WebSocket, maximumBytes: number): void {
  // What was negotiated is where `ws` keeps it; nothing public leads there.
  const { _extensions: extensions } = socket as unknown as { readonly _extensions?: Record<string, Extension> }
  const extension = extensions?.['permessage-deflate']
  // Who asks for less memory than usual is left to `ws`.
  if (extension === undefined || Object.keys(extension.params).some((name) => name.endsWith('_no_context_takeover')))
    return
  if (Object.values(extension.params).some((value) => typeof value === 'number')) return
  const deflater = new Deflater()
  const inflater = new Inflater(maximumBytes)
  extension.compress = (data, _isLast, done) => deflater.next(typeof data === 'string' ? Buffer.from(data) : data, done)
  extension.decompress = (data, isLast, done) => inflater.next(data, isLast, done)
}

class Deflater {
  readonly #sent = new Memory(rememberedBytes)

  next(data: Buffer, done: Done): void {
    const finish = (deflated: Buffer) => {
      this.#sent.add(data)
      done(null, deflated.subarray(0, -endBytes))
    }
    if (data.length > ownWorkBytes) deflateElsewhere(data, deflateOptions).then(finish, done)
    else finish(deflateRawSync(data, { ...deflateOptions, ...this.#sent.dictionary() }))
  }
}

class Inflater {
  readonly #received = new Memory(farthestReference)
  readonly #maximumBytes: number
  /** Of a message whose end has not come. */
  #parts: Buffer[] = []

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes
  }

  next(data: Buffer, isLast: boolean, done: Done): void {
    this.#parts.push(data)
    const bytes = this.#parts.reduce((sum, { length }) => sum + length, 0)
    // Never before this call has ended: `ws` would take it for two answers.
    const later: Done = (error, message) => queueMicrotask(() => done(error, message))
    if (bytes > this.#maximumBytes) later(new RangeError(`a message has more than ${this.#maximumBytes} bytes`))
    else if (isLast) this.#inflate(bytes, later)
    else later(null, Buffer.alloc(0))
  }

  #inflate(bytes: number, done: Done): void {
    const message = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts)
    this.#parts = []
    const options: ZlibOptions = {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: this.#maximumBytes,
      ...this.#received.dictionary(),
    }
    const finish = (inflated: Buffer) => {
      this.#received.add(inflated)
      done(null, inflated)
    }
    if (bytes > ownWorkBytes) {
      inflateElsewhere(message, options).then(finish, done)
      return
    }
    try {
      finish(inflateRawSync(message, options))
    } catch (error) {
      done(error as Error)
    }
  }
}

/** The last bytes of all that went before. */
class Memory {
  readonly #size: number
  #bytes = Buffer.alloc(0)

  constructor(size: number) {
    this.#size = size
  }

  /** For zlib, which takes no empty one. */
  dictionary(): { readonly dictionary?: Buffer } {
    return this.#bytes.length === 0 ? {} : { dictionary: this.#bytes }
  }

  add(data: Buffer): void {
    const kept = Math.max(0, this.#size - data.length)
    this.#bytes = Buffer.concat([
      kept === 0 ? Buffer.alloc(0) : this.#bytes.subarray(-kept),
      data.subarray(-this.#size),
    ])
  }
}
