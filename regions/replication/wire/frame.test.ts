import { describe, expect, it } from 'vitest'
import { FrameWriter, readFrame } from './frame.ts'

function send(message: unknown): string | Buffer {
  const writer = new FrameWriter()
  return writer.frame(JSON.stringify(message, writer.replacer)).data
}

describe('messages on a link', () => {
  it('bytes travel as bytes, in their place', () => {
    const message = { type: 'next', payload: { commits: Uint8Array.of(0, 255, 7), events: 2 } }
    expect(readFrame(send(message) as Buffer)).toEqual(message)
  })

  it('a message without bytes is plain JSON', () => {
    const writer = new FrameWriter()
    writer.frame(JSON.stringify({ bytes: Uint8Array.of(1) }, writer.replacer))
    expect(writer.frame(JSON.stringify({ type: 'pong' }, writer.replacer))).toEqual({ data: '{"type":"pong"}' })
  })

  it('what is no frame is told from what is one', () => {
    expect(() => readFrame(Buffer.from([0, 0]))).toThrow(/ends within/)
    expect(() => readFrame(Buffer.from([0, 0, 0, 9, 1]))).toThrow(/ends within/)
    expect(() => readFrame(Buffer.from([0, 0, 0, 1, 1]))).toThrow(SyntaxError)
  })
})
