import { type AddressInfo, connect, createServer } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as ws from 'ws'
import { createGraphqlTransport } from './graphql-transport.ts'
import { LinkFault, LogDropped } from './link-fault.ts'
import {
  closeAll,
  description,
  fences,
  hash,
  helloOf,
  linksTo,
  listen,
  log,
  Peer,
  ports,
  transportTo,
  until,
} from './peer.testing.ts'
import type { CommitBatch } from './peer.ts'
import { protocolVersions, type Versions } from './versions.ts'

afterEach(closeAll)

describe('regions that are upgraded one by one', () => {
  const next: Versions = { oldest: protocolVersions.oldest, newest: protocolVersions.newest + 1 }

  it('C7: one that knows a newer version goes on with one that does not, whichever of them calls', async () => {
    const [upgraded, old] = [new Peer(), new Peer()]
    for (const peer of [upgraded, old]) peer.write(1)
    const toUpgraded = await listen(upgraded, 0, 'secret', next)
    const toOld = await listen(old)
    for (const transport of [transportTo(toUpgraded.port), transportTo(toOld.port, 'secret', 'us', next)]) {
      const connection = await transport.connect('eu', helloOf('us', {}))
      const batches = connection.commits({}, [], 'main')[Symbol.asyncIterator]()
      expect(((await batches.next()).value as CommitBatch).commits).toEqual([Uint8Array.of(1)])
      connection.close()
    }
  })

  it('C7: where they have no version in common, both sides are told in words whose turn it is', async () => {
    const far = { oldest: next.newest, newest: next.newest + 1 }
    const { port } = await listen(new Peer(), 0, 'secret', far)
    const words = `us speaks replication versions ${protocolVersions.oldest} to ${protocolVersions.newest}, eu ${far.oldest} to ${far.newest}: upgrade us first`
    await expect(transportTo(port).connect('eu', helloOf('us', {}))).rejects.toThrow(words)
    expect(log.map(({ message }) => message).join()).toContain(words)
  })
})

describe('replication over WebSocket', () => {
  it('C4, C9, Q3: hello, commits, acknowledgements, rights, standings, fences and digests travel between two regions', async () => {
    const peer = new Peer()
    peer.write(2)
    const { port } = await listen(peer)
    const connection = await transportTo(port).connect('eu', helloOf('us', { us: 5 }))
    expect(connection.hello).toEqual({
      ...helloOf('eu', { eu: 2 }),
      holdsOfYou: { sequence: 7, hash: 'ab', proof: 'cd' },
    })
    expect(peer.hellos).toEqual([helloOf('us', { us: 5 })])
    const batches = connection.commits({ eu: 1 }, ['ap'], 'main')[Symbol.asyncIterator]()
    const first = (await batches.next()).value as CommitBatch
    expect(first.commits).toEqual([Uint8Array.of(2)])
    expect(first.frontier).toEqual({ eu: 2 })
    expect(first.time?.counter).toBe(3)
    expect(first.behind).toBe(4)
    expect(first.wireBytes).toBeGreaterThan(10)
    await connection.acknowledge({ eu: 2 }, [])
    expect(peer.acknowledged).toEqual([{ eu: 2 }])
    const wish = { sku: 'mug', units: 4, least: 2, extra: 3, held: 1, low: 2, perHour: 60, sinceMs: 17 }
    const reply = await connection.requestRights({ requestId: 'r', to: 'us', items: [wish] })
    expect(peer.asked).toEqual([{ requestId: 'r', to: 'us', items: [wish] }])
    expect(reply).toEqual({ items: [{ sku: 'mug', units: 1 }], position: { origin: 'eu', sequence: 3 } })
    expect(await connection.standing()).toEqual({
      frontier: { eu: 2 },
      time: { wallMs: 1_700_000_000_000, counter: 9 },
    })
    expect(await connection.fences()).toEqual(fences)
    expect(await connection.digests({ table: 'stock', level: 2, after: 'a b', until: null })).toEqual({
      frontier: { eu: 1 },
      through: { eu: 2 },
      ranges: [
        { until: 'stock 2 a b', digest: 'ab' },
        { until: null, digest: 'cd' },
      ],
    })
    const [commit] = await connection.commitsOf({ origin: 'eu', first: 3, last: 9 })
    expect(new TextDecoder().decode(commit)).toBe('us eu 3 9')
    connection.close()
    expect((await batches.next()).done).toBe(true)
    await expect(connection.acknowledge({ eu: 2 }, [])).rejects.toThrow(/closed/)
  })

  it('C5: a link opens a second line beside the main one, and acknowledges over both what somebody waits for, else over the main one', async () => {
    const peer = new Peer()
    const { port } = await listen(peer)
    const links = linksTo(port, () => {}, 'always')
    links.start()
    await until(() => links.status()[0]?.lines === 2)
    await until(() => peer.lines.length === 2)
    expect(peer.lines).toEqual(['main', 'second'])
    peer.write(1)
    await until(() => links.status()[0]?.counts.secondBatches === 1)
    const told = (sequence: number) => peer.acknowledged.filter(({ eu }) => eu === sequence).length
    links.frontierChanged()
    await until(() => told(1) === 1)
    peer.asks = true
    peer.write(1)
    await until(() => told(2) === 2)
    expect(told(1)).toBe(1)
  })

  it('C5: a link leaves none of its small messages to threads, which cost more than the work', async () => {
    const { PerMessageDeflate } = ws as unknown as { PerMessageDeflate: { prototype: Record<string, () => void> } }
    const left = vi.spyOn(PerMessageDeflate.prototype, 'compress')
    const taken = vi.spyOn(PerMessageDeflate.prototype, 'decompress')
    const peer = new Peer()
    const { port } = await listen(peer)
    const links = linksTo(port, () => {})
    links.start()
    peer.write(1)
    await until(() => links.status()[0]?.counts.batches === 1)
    links.frontierChanged()
    await until(() => peer.acknowledged.length > 0)
    expect([left.mock.calls.length, taken.mock.calls.length]).toEqual([0, 0])
    vi.restoreAllMocks()
  })

  it('C5: an answer and its end leave in one piece, so that they stall or are lost once and not twice', async () => {
    const { port } = await listen(new Peer())
    let pieces = 0
    const wire = createServer((near) => {
      const far = connect(port, '127.0.0.1')
      far.on('data', () => {
        pieces += 1
      })
      near.pipe(far).pipe(near)
    })
    await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve))
    const connection = await transportTo((wire.address() as AddressInfo).port).connect('eu', helloOf('us'))
    const before = pieces
    for (let sequence = 1; sequence <= 10; sequence += 1) await connection.acknowledge({ eu: sequence }, [])
    expect(pieces - before).toBe(10)
    connection.close()
    wire.close()
  })

  it('C10: a snapshot, its pages and the check of it travel, and the end of a log says that it is one', async () => {
    const peer = new Peer()
    peer.service.commits = async function* () {
      yield { commits: [], events: 0, behind: 0, frontier: { eu: 2 }, time: { wallMs: 1, counter: 0 } }
      throw new LogDropped('the log up to position 9 is no longer kept here')
    }
    const { port } = await listen(peer)
    const connection = await transportTo(port).connect('eu', helloOf('us'))
    const { snapshots } = connection
    expect(await snapshots.offer(null)).toEqual({ status: 'ready', description })
    expect(await snapshots.offer('s0')).toEqual({ status: 'gone' })
    expect(await snapshots.page('s1', 3)).toEqual(Uint8Array.of(7, 3))
    expect(await snapshots.page('s0', 3)).toBeNull()
    expect(await snapshots.check({ eu: 2 })).toEqual({
      status: 'ready',
      check: { touched: ['order/o1'], digests: [hash], chains: { eu: hash } },
    })
    const batches = connection.commits({}, [], 'main')[Symbol.asyncIterator]()
    expect((await batches.next()).done).toBe(false)
    await expect(batches.next()).rejects.toBeInstanceOf(LogDropped)
    expect(await snapshots.offer('s0')).toEqual({ status: 'gone' })
    connection.close()
  })

  it('C5: the wire adds next to nothing to bytes that nothing can make smaller', async () => {
    const peer = new Peer()
    const commits = Array.from({ length: 20 }, () => crypto.getRandomValues(new Uint8Array(1_000)))
    peer.service.commits = async function* () {
      yield { commits, events: 20, behind: 20, frontier: {}, time: { wallMs: 1, counter: 0 } }
    }
    const { port } = await listen(peer)
    for (const region of ['us', 'ap']) {
      const connection = await transportTo(port, 'secret', region).connect('eu', helloOf(region))
      const first = await connection.commits({}, [], 'main')[Symbol.asyncIterator]().next()
      expect(first.value?.commits).toEqual(commits)
      expect(first.value?.wireBytes).toBeLessThan(1.06 * 20_000)
      connection.close()
    }
  })

  it('C5: what the connection has said before costs next to nothing again', async () => {
    const peer = new Peer()
    const { port } = await listen(peer)
    const connection = await transportTo(port).connect('eu', helloOf('us'))
    const batches = connection.commits({}, [], 'main')[Symbol.asyncIterator]()
    await batches.next()
    const sizes: number[] = []
    for (let count = 0; count < 5; count += 1) {
      peer.write(1)
      sizes.push(((await batches.next()).value as CommitBatch).wireBytes ?? 0)
    }
    expect(sizes.at(-1)).toBeLessThan(80)
    connection.close()
  })

  it('a region with another cluster secret is refused, and both sides say so', async () => {
    const { port } = await listen(new Peer())
    await expect(transportTo(port, 'other').connect('eu', helloOf('us'))).rejects.toThrow(/refuses this region/)
    expect(log).toContainEqual({ level: 'error', message: 'refused a replication link: us has another cluster secret' })
  })

  it('an address that belongs to another region is refused', async () => {
    const { port } = await listen(new Peer())
    const transport = createGraphqlTransport({
      region: 'us',
      peers: { ap: `ws://127.0.0.1:${port}/replication` },
      clusterSecret: 'secret',
      ports,
    })
    await expect(transport.connect('ap', helloOf('us'))).rejects.toThrow(/refuses this region/)
    expect(log.at(-1)?.message).toMatch(/us wants ap, and this is eu/)
  })

  it('a region cannot say hello under another one’s name', async () => {
    const { port } = await listen(new Peer())
    await expect(transportTo(port).connect('eu', helloOf('ap'))).rejects.toThrow(/us says hello as ap/)
  })

  it('a peer that nobody listens for is unreachable, without a hang', async () => {
    const { port, close } = await listen(new Peer())
    await close()
    await expect(transportTo(port).connect('eu', helloOf('us'))).rejects.toThrow()
  })

  it('C2: after a restart of the serving region the link goes on without a gap or a repeat', async () => {
    const peer = new Peer()
    peer.write(3)
    const first = await listen(peer)
    const taken: number[] = []
    const links = linksTo(first.port, (sequence) => taken.push(sequence))
    links.start()
    await until(() => taken.length === 3)
    expect(links.status()).toMatchObject([{ from: 'eu', to: 'us', connected: true, lagEvents: 0, lagMs: 0 }])
    await first.close()
    await until(() => links.status()[0]?.connected === false)
    peer.write(2)
    await listen(peer, first.port)
    await until(() => taken.length === 5)
    peer.write(1)
    await until(() => taken.length === 6)
    expect(taken).toEqual([1, 2, 3, 4, 5, 6])
    await until(() => peer.acknowledged.at(-1)?.eu === 6)
  })

  it('C6: a batch that cannot be taken for what it is blames the link, which opens again after a pause', async () => {
    const peer = new Peer()
    peer.write(1)
    const { port } = await listen(peer)
    let refusals = 0
    const taken: number[] = []
    const links = linksTo(port, (sequence) => {
      refusals += 1
      if (refusals === 1) throw new LinkFault('eu', 'sent a commit that eu has not signed')
      taken.push(sequence)
    })
    links.start()
    await until(() => taken.length === 1)
    expect(log.find(({ level }) => level === 'error')?.message).toMatch(
      /blamed: eu sent a commit that eu has not signed/,
    )
  })
})
