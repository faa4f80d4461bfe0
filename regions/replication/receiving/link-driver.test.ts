// One receiving link over a connection whose every word the test decides on.

import { expect, it, vi } from 'vitest'
import { helloOf } from '../peer.testing.ts'
import type { CommitBatch, PeerConnection } from '../peer.ts'
import { LinkDriver } from './link-driver.ts'

const batch = (name: string): CommitBatch => ({
  commits: [new TextEncoder().encode(name)],
  frontier: {},
  time: { wallMs: 1, counter: 0 },
  events: 1,
  behind: 0,
})

/** What comes, one after the other, whenever the test says so. */
class Wire {
  readonly #come: CommitBatch[] = []
  #asked: ((result: IteratorResult<CommitBatch>) => void) | null = null

  send(name: string): void {
    const value = batch(name)
    if (this.#asked === null) this.#come.push(value)
    else this.#asked({ done: false, value })
    this.#asked = null
  }

  readonly connection = {
    hello: helloOf('eu'),
    commits: () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          const value = this.#come.shift()
          if (value !== undefined) return Promise.resolve({ done: false as const, value })
          return new Promise<IteratorResult<CommitBatch>>((resolve) => {
            this.#asked = resolve
          })
        },
      }),
    }),
    acknowledge: async () => {},
    close: () => {},
  } as unknown as PeerConnection
}

const ports = {
  clock: { now: () => 1 },
  random: { unit: () => 0, bytes: () => new Uint8Array() },
  timers: { after: () => () => {} },
  logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
}

/** A few steps of what waits for promises. */
async function steps(count: number): Promise<void> {
  for (let step = 0; step < count; step += 1) await Promise.resolve()
}

it('C4: a batch that comes at the very moment at which the one before is handed on stops no link', async () => {
  for (let gap = 0; gap < 12; gap += 1) {
    const wire = new Wire()
    const taken: string[] = []
    let end = () => {}
    const link = new LinkDriver({
      ...{ region: 'us', peers: ['eu'], peer: 'eu', ports, frontier: () => ({}), direct: () => [], onPhase: () => {} },
      ownStalls: { since: () => 0 },
      transport: { connect: async () => wire.connection },
      // Two lines over one connection would take each other's batches.
      secondLines: 'never',
      hello: async () => helloOf('us'),
      onHello: async () => {},
      sink: (_, { commits }) => {
        taken.push(...commits.map((bytes) => new TextDecoder().decode(bytes)))
        return new Promise((resolve) => {
          end = resolve
        })
      },
    })
    link.start()
    wire.send('a')
    await vi.waitFor(() => expect(taken).toEqual(['a']))
    wire.send('b')
    await steps(20)
    end()
    if (gap > 0) await steps(gap - 1)
    wire.send('c')
    const hasCome = (names: string) => {
      end()
      expect(`${gap}: ${taken.join('')}`).toBe(`${gap}: ${names}`)
    }
    await vi.waitFor(() => hasCome('abc'))
    await steps(20)
    wire.send('d')
    await vi.waitFor(() => hasCome('abcd'))
    end()
    await link.stop()
  }
})
