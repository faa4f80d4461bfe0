import type { StoredCommit } from '@causeway/db/store'
import { describe, expect, it } from 'vitest'
import type { Ports } from '../../ports.ts'
import { LogReader } from './log-reader.ts'
import { LogTail } from './log-tail.ts'
import { defaultOutboxLimits, Outbox } from './outbox.ts'
import { SendStream } from './send-stream.ts'

/** Time that goes on when a timer is waited for. */
function virtualPorts(): Ports {
  let nowMs = 1_700_000_000_000
  const quiet = () => {}
  return {
    clock: { now: () => nowMs },
    timers: {
      after: (delayMs, call) => {
        const timer = setImmediate(() => {
          nowMs += delayMs
          call()
        })
        return () => clearImmediate(timer)
      },
    },
    random: { bytes: (length) => new Uint8Array(length), unit: () => 0 },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet } as unknown as Ports['logger'],
  }
}

const head = { frontier: {}, position: 0 }

function streamOver(commitsAfterVector: () => Promise<readonly StoredCommit[]>): SendStream {
  const store = { head: async () => head as never, commitsAfterVector, commitsAfterPosition: async () => [] }
  return new SendStream({
    outbox: new Outbox({ self: 'eu', peerOrigin: null, after: {}, direct: [], limits: defaultOutboxLimits }),
    tellsStanding: true,
    readBytes: defaultOutboxLimits.batchBytes,
    reader: new LogReader(store, new LogTail(store), {}, null),
    ports: virtualPorts(),
    frontier: () => ({ eu: 1 }),
    position: () => 0,
    time: () => ({ wallMs: 1, counter: 0 }),
    strip: (bytes) => bytes,
  })
}

describe('a serving stream', () => {
  it('C5: says that it is alive while its store takes its time', async () => {
    const batches = streamOver(() => new Promise(() => {})).batches()
    for (let beat = 0; beat < 3; beat += 1) {
      expect((await batches.next()).value).toMatchObject({ commits: [], frontier: { eu: 1 } })
    }
  })

  it('W2: asks for acknowledgements where somebody waits for them, once in a second however many do', async () => {
    const stream = streamOver(async () => [])
    const batches = stream.batches()
    const asks: (boolean | undefined)[] = []
    for (let beat = 0; beat < 6; beat += 1) {
      const { value } = await batches.next()
      asks.push(value?.asks)
      if (beat < 4) for (let each = 0; each < 3; each += 1) stream.ask()
    }
    expect(asks).toEqual([false, true, false, true, false, false])
  })

  it('ends with the error of a store that fails', async () => {
    const batches = streamOver(() => Promise.reject(new Error('the store is away'))).batches()
    await expect(batches.next()).rejects.toThrow('the store is away')
  })
})
