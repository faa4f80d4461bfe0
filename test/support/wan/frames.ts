// Reads along one direction of a WebSocket connection, from its bytes alone: the greeting, then each message as it was
// before compression, with the bytes that it took. Knows no message.

import { constants, inflateRawSync } from 'node:zlib'

export interface SeenMessage {
  /** Of the frame and its header. */
  readonly wireBytes: number
  readonly kind: 'greeting' | 'text' | 'binary' | 'control'
  /** Empty where it is neither text nor binary. */
  readonly data: Buffer
}

/** What permessage-deflate may refer back to. */
const memoryBytes = 32 * 1024
const opcodes: Readonly<Record<number, SeenMessage['kind']>> = { 1: 'text', 2: 'binary' }

export class FrameTap {
  #pending = Buffer.alloc(0)
  #isGreeted = false
  #memory = Buffer.alloc(0)
  #parts: { readonly kind: SeenMessage['kind']; readonly isDeflated: boolean; bytes: number; data: Buffer } | null =
    null

  read(bytes: Buffer): readonly SeenMessage[] {
    this.#pending = Buffer.concat([this.#pending, bytes])
    const seen: SeenMessage[] = []
    for (;;) {
      const message = this.#isGreeted ? this.#frame() : this.#greeting()
      if (message === null) return seen
      if (message !== 'part') seen.push(message)
    }
  }

  #greeting(): SeenMessage | null {
    const end = this.#pending.indexOf('\r\n\r\n')
    if (end < 0) return null
    this.#isGreeted = true
    this.#pending = this.#pending.subarray(end + 4)
    return { wireBytes: end + 4, kind: 'greeting', data: Buffer.alloc(0) }
  }

  #frame(): SeenMessage | 'part' | null {
    const pending = this.#pending
    if (pending.length < 2) return null
    const [first = 0, second = 0] = pending
    const short = second & 0x7f
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
    const maskBytes = second & 0x80 ? 4 : 0
    const headerBytes = 2 + lengthBytes + maskBytes
    if (pending.length < headerBytes) return null
    const length =
      lengthBytes === 0 ? short : Number(pending.readUIntBE(2 + Math.max(0, lengthBytes - 6), Math.min(6, lengthBytes)))
    const wireBytes = headerBytes + length
    if (pending.length < wireBytes) return null
    const mask = pending.subarray(2 + lengthBytes, headerBytes)
    const payload = Buffer.from(pending.subarray(headerBytes, wireBytes))
    if (maskBytes > 0)
      for (let index = 0; index < length; index += 1) payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0)
    this.#pending = pending.subarray(wireBytes)
    const opcode = first & 0x0f
    if (opcode >= 8) return { wireBytes, kind: 'control', data: Buffer.alloc(0) }
    const before = this.#parts ?? {
      kind: opcodes[opcode] ?? 'binary',
      isDeflated: (first & 0x40) !== 0,
      bytes: 0,
      data: Buffer.alloc(0),
    }
    this.#parts = { ...before, bytes: before.bytes + wireBytes, data: Buffer.concat([before.data, payload]) }
    return (first & 0x80) === 0 ? 'part' : this.#whole()
  }

  #whole(): SeenMessage {
    const {
      kind,
      isDeflated,
      bytes: wireBytes,
      data,
    } = this.#parts ?? { kind: 'binary' as const, isDeflated: false, bytes: 0, data: Buffer.alloc(0) }
    this.#parts = null
    if (!isDeflated) return { wireBytes, kind, data }
    const options = this.#memory.length === 0 ? {} : { dictionary: this.#memory }
    const inflated = inflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH, ...options })
    this.#memory = Buffer.concat([this.#memory, inflated]).subarray(-memoryBytes)
    return { wireBytes, kind, data: inflated }
  }
}
