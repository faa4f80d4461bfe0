import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws'
import { compressOnOwnThread, wireCompression } from './compression.ts'

const maximumBytes = 300_000
type Side = 'own' | 'ws'

let close: (() => void) | null = null
afterEach(() => close?.())

/** Two sides of one connection; each compresses by itself or leaves it to `ws`. */
async function connection(caller: Side, peer: Side, options: ClientOptions = { perMessageDeflate: wireCompression }) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: wireCompression })
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, options)
  client.once('open', () => {
    if (caller === 'own') compressOnOwnThread(client, maximumBytes)
  })
  close = () => {
    client.terminate()
    server.close()
  }
  const opened = once(client, 'open')
  const [other] = (await accepted) as [WebSocket]
  if (peer === 'own') compressOnOwnThread(other, maximumBytes)
  await opened
  return { client, other }
}

/** What comes of `messages` on the other side, in order. */
async function passed(from: WebSocket, to: WebSocket, messages: readonly Buffer[]): Promise<readonly Buffer[]> {
  const came: Buffer[] = []
  const all = new Promise<void>((resolve, reject) => {
    to.on('message', (data) => {
      came.push(data as Buffer)
      if (came.length === messages.length) resolve()
    })
    from.on('error', reject)
    to.on('error', reject)
  })
  for (const message of messages) from.send(message)
  await all
  to.removeAllListeners('message').removeAllListeners('error')
  from.removeAllListeners('error')
  return came
}

const hex = (messages: readonly Buffer[]) => messages.map((message) => message.toString('hex'))

const sides: readonly (readonly [Side, Side])[] = [
  ['own', 'own'],
  ['own', 'ws'],
  ['ws', 'own'],
]

describe('compressing on the own thread', () => {
  it.each(sides)('passes messages of any kind and size in order, from %s to %s and back', async (caller, peer) => {
    const { client, other } = await connection(caller, peer)
    const word = fc.constantFrom('acknowledge', 'frontier', '{"id":"', 'us-east-1')
    const text = fc.array(word, { maxLength: 400 }).map((words) => Buffer.from(words.join(' ')))
    const noise = fc.integer({ min: 0, max: 50_000 }).map((length) => randomBytes(length))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(text, noise), { minLength: 1, maxLength: 12 }), async (messages) => {
        expect(hex(await passed(client, other, messages))).toEqual(hex(messages))
        expect(hex(await passed(other, client, messages))).toEqual(hex(messages))
      }),
      { numRuns: 40 },
    )
  })

  it('takes a message that comes in parts', async () => {
    const { client, other } = await connection('ws', 'own')
    const came = once(other, 'message')
    client.send('one part, ', { fin: false })
    client.send('and another', { fin: true })
    expect(String((await came)[0])).toBe('one part, and another')
  })

  it('sends little of what was said before', async () => {
    const { client, other } = await connection('own', 'own')
    const socket = () => (other as unknown as { readonly _socket: { readonly bytesRead: number } })._socket.bytesRead
    const saying = (sequence: number) =>
      Buffer.from(
        `{"type":"subscribe","payload":{"query":"mutation Acknowledge","variables":{"eu-west-1":${sequence}}}}`,
      )
    await passed(client, other, [saying(1)])
    const before = socket()
    await passed(client, other, [saying(2)])
    expect(socket() - before).toBeLessThan(saying(2).length / 3)
  })

  it('ends the connection at a message that would become larger than it may', async () => {
    const { client, other } = await connection('ws', 'own')
    const failed = once(other, 'error')
    client.send(Buffer.alloc(maximumBytes + 1))
    expect(String((await failed)[0])).toMatch(/larger than/)
    await once(client, 'close')
  })

  it('ends the connection at bytes that are nothing compressed', async () => {
    const { client, other } = await connection('own', 'own')
    const failed = once(other, 'error')
    const { _extensions: extensions } = client as unknown as {
      readonly _extensions: Record<
        string,
        { compress: (data: Buffer, last: boolean, done: (error: null, data: Buffer) => void) => void }
      >
    }
    const extension = extensions['permessage-deflate']
    if (extension !== undefined) extension.compress = (_data, _last, done) => done(null, Buffer.from([255, 255, 255]))
    client.send('anything')
    expect(String((await failed)[0])).toMatch(/invalid|distance|block/)
  })

  it('leaves to ws who asks for less memory', async () => {
    const { client, other } = await connection('own', 'own', {
      perMessageDeflate: { serverNoContextTakeover: true, serverMaxWindowBits: 10 },
    })
    const messages = [Buffer.from('twice '.repeat(200)), Buffer.from('twice '.repeat(200))]
    expect(await passed(other, client, messages)).toEqual(messages)
  })
})
