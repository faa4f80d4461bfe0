// The wide-area network that benches and fault tests stand on: late, in order, whole, and silent where it is cut.

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { until } from '../development.ts'
import { DelayLine } from './delay-line.ts'
import { Wan } from './wan.ts'

describe('one way over a distance', () => {
  it('nothing arrives before its time, and everything at it', () => {
    const line = new DelayLine<string>({ oneWayMs: 40, stallShare: 0, stallMs: 0 }, () => 1)
    line.put('a', 1, 0)
    line.put('b', 1, 10)
    expect(line.take(39)).toEqual([])
    expect(line.dueInMs(39)).toBe(1)
    expect(line.take(40)).toEqual(['a'])
    expect(line.take(50)).toEqual(['b'])
    expect([line.bytes, line.dueInMs(50)]).toEqual([0, null])
  })

  it('what is behind a stall waits with it', () => {
    const stalls = [0, 1]
    const line = new DelayLine<string>({ oneWayMs: 40, stallShare: 0.01, stallMs: 200 }, () => stalls.shift() ?? 1)
    line.put('stalled', 1, 0)
    line.put('behind', 1, 10)
    expect(line.take(239)).toEqual([])
    expect(line.take(240)).toEqual(['stalled', 'behind'])
  })

  it('order is kept whatever stalls', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean())), fc.array(fc.nat(100)), (puts, looks) => {
        const stalled = puts.map(([, isStalled]) => isStalled)
        const line = new DelayLine<number>({ oneWayMs: 30, stallShare: 0.5, stallMs: 200 }, () =>
          stalled.shift() ? 0 : 1,
        )
        let now = 0
        puts.forEach(([after], index) => {
          now += after
          line.put(index, 1, now)
        })
        const taken = looks.flatMap((after) => {
          now += after
          return [...line.take(now)]
        })
        taken.push(...line.take(now + 10_000))
        expect(taken).toEqual(puts.map((_, index) => index))
      }),
    )
  })
})

describe('a network between two regions', () => {
  const ends: (() => void)[] = []
  afterEach(() => {
    for (const end of ends.splice(0)) end()
  })

  /** A connection that `us` opens to `eu`, and what has come to each end. */
  async function world(stallShare = 0) {
    const wan = new Wan({ roundTripsMs: { us: { eu: 20 } }, stallShare, stallMs: 30 })
    const accepted: Socket[] = []
    const server = createServer((socket) => void accepted.push(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = await wan.port('us', 'eu', typeof address === 'object' && address !== null ? address.port : 0)
    ends.push(
      () => wan.close(),
      () => server.close(),
      () => {
        for (const socket of accepted) socket.destroy()
      },
    )
    return { wan, accepted, open: () => openTo(port) }
  }

  function openTo(port: number): Socket {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    ends.push(() => socket.destroy())
    return socket
  }

  function collect(socket: Socket | undefined): () => Buffer {
    const chunks: Buffer[] = []
    socket?.on('data', (chunk: Buffer) => chunks.push(chunk))
    return () => Buffer.concat(chunks)
  }

  const within = 10_000

  it('bytes arrive whole and in order both ways, though one chunk in five stalls', async () => {
    const { wan, accepted, open } = await world(0.2)
    const us = open()
    await until('it is accepted', within, async () => accepted.length === 1)
    const [eu] = accepted
    const [inUs, inEu] = [collect(us), collect(eu)]
    const sent = Buffer.from(Uint32Array.from({ length: 500_000 }, (_, index) => index).buffer)
    for (let start = 0; start < sent.length; start += 70_001) us.write(sent.subarray(start, start + 70_001))
    eu?.write(sent)
    await until('all has come', within, async () => inUs().length + inEu().length >= 2 * sent.length)
    expect([inUs().equals(sent), inEu().equals(sent)]).toEqual([true, true])
    expect(wan.bytes).toBe(2 * sent.length)
  })

  it('an answer takes a round trip, and the first one the greeting, too', async () => {
    const { accepted, open } = await world()
    const opened = performance.now()
    const us = open()
    us.write('?')
    await until('it is accepted', within, async () => accepted.length === 1)
    accepted[0]?.on('data', () => accepted[0]?.write('!'))
    await once(us, 'data')
    // Never faster; how much slower is the machine's affair. Timers may be early by the fraction they round away.
    expect(performance.now() - opened).toBeGreaterThan(38)
    const asked = performance.now()
    us.write('?')
    await once(us, 'data')
    expect(performance.now() - asked).toBeGreaterThan(18)
  })

  it('the end of a stream comes after what was sent, and the other way goes on', async () => {
    const { accepted, open } = await world()
    const us = open()
    await until('it is accepted', within, async () => accepted.length === 1)
    const [inUs, inEu] = [collect(us), collect(accepted[0])]
    us.end('the last word')
    accepted[0]?.write('heard')
    await once(us, 'close')
    expect([inEu().toString(), inUs().toString()]).toEqual(['the last word', 'heard'])
  })

  it('cut one way, the other way goes on; healed, what waited comes', async () => {
    const { wan, accepted, open } = await world()
    const us = open()
    await until('it is accepted', within, async () => accepted.length === 1)
    const [inUs, inEu] = [collect(us), collect(accepted[0])]
    us.write('1')
    await until('it flows', within, async () => inEu().length === 1)
    wan.cutOneWay('us', 'eu')
    us.write('2')
    for (const word of ['a', 'b', 'c']) {
      accepted[0]?.write(word)
      await until('the open way flows', within, async () => inUs().toString().endsWith(word))
    }
    expect(inEu().toString()).toBe('1')
    wan.heal()
    await until('what waited has come', within, async () => inEu().toString() === '12')
  })

  it('cut both ways, nobody learns that the other is gone, and a new connection waits', async () => {
    const { wan, accepted, open } = await world()
    const [us, stays] = [open(), open()]
    await until('both are accepted', within, async () => accepted.length === 2)
    wan.cut('us', 'eu')
    const gone = new Set<Socket>()
    for (const socket of accepted) socket.on('close', () => gone.add(socket))
    us.destroy()
    const [gaveUp, late] = [open(), open()]
    late.write('late')
    await until('both wait', within, async () => wan.waiting === 2)
    gaveUp.destroy()
    await until('the proxy knows who gave up', within, async () => us.closed && wan.waiting === 1)
    expect([accepted.length, gone.size]).toEqual([2, 0])
    wan.heal()
    await until('the new one gets through', within, async () => accepted.length === 3)
    const inEu = collect(accepted[2])
    await until('what it had said comes', within, async () => inEu().toString() === 'late')
    await until('the end of the old one does, too', within, async () => gone.size === 1)
    expect([stays.destroyed, accepted.length]).toEqual([false, 3])
  })
})
