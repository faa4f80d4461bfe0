// Messages that hold bytes. GraphQL over WebSocket is JSON, which has no bytes; in base64 they would be a third longer
// and hide from compression what repeats in them. So a message with bytes is a binary frame: the length of its JSON
// (four bytes, big endian), the JSON, in which a mark stands for the bytes, and the bytes. Others are text frames.

const mark = '\u0000bytes'

/** Takes bytes out of messages while they become JSON: `replacer` is for JSON.stringify, `frame` for its result. */
export class FrameWriter {
  #bytes: Uint8Array | null = null

  readonly replacer = (_key: string, value: unknown): unknown => {
    if (!(value instanceof Uint8Array)) return value
    if (this.#bytes !== null) throw new RangeError('a message holds bytes twice')
    this.#bytes = value
    return mark
  }

  /** What to send of the JSON made last: with its bytes where it had any. */
  frame(json: string): { readonly data: string } | { readonly data: Buffer; readonly bytes: Uint8Array } {
    const bytes = this.#bytes
    this.#bytes = null
    if (bytes === null) return { data: json }
    const text = Buffer.from(json)
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(text.length)
    return { data: Buffer.concat([length, text, bytes]), bytes }
  }
}

/** The message of a binary frame, its bytes in place. Throws RangeError or SyntaxError on what is none. */
export function readFrame(frame: Buffer): unknown {
  const end = frame.length < 4 ? Number.POSITIVE_INFINITY : 4 + frame.readUInt32BE(0)
  if (end > frame.length) throw new RangeError('a frame ends within its JSON')
  // A view: whoever keeps a part of it copies that part.
  const bytes = new Uint8Array(frame.buffer, frame.byteOffset + end, frame.length - end)
  return JSON.parse(frame.toString('utf8', 4, end), (_key, value: unknown) => (value === mark ? bytes : value))
}
