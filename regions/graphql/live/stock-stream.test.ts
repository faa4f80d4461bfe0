import { encodeToken } from '@causeway/schema/clock/causal-token'
import { advance, covers, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { isBranch } from '@causeway/schema/commit/branch'
import type { CommitEvent } from '@causeway/schema/commit/commit'
import { emptyCells, type StockCells, type StockRow } from '@causeway/schema/stock/row'
import { describe, expect, it } from 'vitest'
import type { LogEntry } from '../../region.ts'
import type { RequestContext } from '../context.ts'
import { stockChanges } from './stock-stream.ts'

const lease = `lease-${'0'.repeat(26)}`

type Rows = Readonly<Record<string, Partial<StockCells>>>

/** Commits of stock, as a region applies them one after the other, and what it then holds. */
class Log {
  readonly entries: LogEntry[] = []
  /** After each commit: rows by holder, of the one SKU. */
  readonly #held: Rows[] = [{}]
  #frontier: VersionVector = {}
  /** Commits that the region has applied. */
  applied = 0
  /** Told when a stream waits for a position. */
  arrive: () => void = () => {}
  #woken = new Set<() => void>()

  /** `kept`: rows that the store has besides the origin's own after it. */
  write(origin: string, cells: Partial<StockCells> | null, more: { events?: CommitEvent[]; kept?: Rows } = {}): void {
    const sequence = sequenceOf(this.#frontier, origin) + 1
    if (!isBranch(origin)) this.#frontier = advance(this.#frontier, origin, sequence)
    const own = origin.replace(/~.*/, '')
    const full = { ...emptyCells, ...cells }
    const stock = cells === null ? [] : [{ sku: 'mug', location: 'main', cells: full }]
    const sealed = { origin, firstSequence: sequence, lastSequence: sequence, time: { wallMs: 1, counter: 0 } }
    const commit = { origin: own, events: more.events ?? [], stock }
    this.entries.push({ position: this.entries.length + 1, sealed, commit, frontier: this.#frontier } as never)
    const before = this.#held.at(-1) ?? {}
    this.#held.push({ ...before, ...(cells === null || isBranch(origin) ? {} : { [own]: full }), ...more.kept })
  }

  frontierAt(applied: number): VersionVector {
    return this.entries[applied - 1]?.frontier ?? {}
  }

  apply(count: number): void {
    this.applied += count
    for (const wake of this.#woken) wake()
    this.#woken = new Set()
  }

  get context(): RequestContext {
    const region = {
      id: 'eu',
      members: ['ap', 'eu', 'us'],
      frontier: () => this.frontierAt(this.applied),
      lostOf: () => null,
      reach: async (vector: VersionVector) => {
        if (!covers(this.frontierAt(this.applied), vector)) this.arrive()
        return covers(this.frontierAt(this.applied), vector)
      },
      follow: (after: VersionVector, signal: AbortSignal) => this.#follow(after, signal),
      store: {
        view: () => ({ load: async () => ({ stock: this.#rows }), moment: Promise.resolve(this.#moment), end() {} }),
      },
    }
    return { region, ports: { clock: { now: () => 0 } } } as never
  }

  get #moment() {
    return { frontier: this.frontierAt(this.applied), time: { wallMs: 1, counter: 0 } }
  }

  get #rows(): StockRow[] {
    const held = this.#held[this.applied] ?? {}
    return Object.entries(held).map(([holder, cells]) => {
      return { sku: 'mug', location: 'main', holder, cells: { ...emptyCells, ...cells }, givenIn: 0 }
    })
  }

  async *#follow(after: VersionVector, signal: AbortSignal): AsyncIterable<LogEntry> {
    for (let place = 0; !signal.aborted; place++) {
      while (place >= this.applied && !signal.aborted)
        await new Promise<void>((resolve) => {
          this.#woken.add(resolve)
          signal.addEventListener('abort', () => resolve())
        })
      const entry = this.entries[place]
      if (entry && sequenceOf(after, entry.sealed.origin) < entry.sealed.lastSequence) yield entry
    }
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

/** What a subscriber sees until nothing more comes: available, rights by region, leased; and the token. */
async function see(log: Log, after: VersionVector | null, count: number) {
  const args = { skus: ['mug'], after: after === null ? null : encodeToken(after) }
  const stream = stockChanges(args, log.context)
  const seen: { available: number; leased: number; rights: string; token: VersionVector }[] = []
  for (let left = count; left > 0; left--) {
    const { value, done } = await stream.next()
    if (done) break
    const { available, leased, rights } = value.value
    encodeToken(value.token)
    seen.push({ available, leased, rights: rights.map(({ units }) => units).join(' '), token: value.token })
  }
  await stream.return?.()
  return seen
}

describe('levels that a subscriber is shown', () => {
  it('S4 G3: one who comes with a token that covers more than the region has waits for that, and sees no older level', async () => {
    const log = new Log()
    log.write('us', { received: 10 })
    log.write('us', { received: 10, sold: 4 })
    log.write('eu', { received: 1 })
    log.apply(1)
    log.arrive = () => log.apply(1)
    const seeing = see(log, { us: 2 }, 1)
    await settled()
    log.apply(1)
    expect(await seeing).toEqual([{ available: 7, leased: 0, rights: '0 1 6', token: { eu: 1, us: 2 } }])
  })

  it('S4 G3: what of a token does not come is shown when it does, and levels until then say by their tokens that they are without it', async () => {
    const log = new Log()
    log.write('us', { received: 10 })
    log.write('eu', { received: 1 })
    log.write('us', { received: 10, sold: 4 })
    log.apply(1)
    const seeing = see(log, { us: 2 }, 2)
    await settled()
    log.apply(2)
    expect(await seeing).toEqual([
      { available: 11, leased: 0, rights: '0 1 10', token: { eu: 1, us: 1 } },
      { available: 7, leased: 0, rights: '0 1 6', token: { eu: 1, us: 2 } },
    ])
  })

  it('S4: of commits that came meanwhile none is shown in which units are sold before they were given', async () => {
    const log = new Log()
    log.write('eu', { received: 10 })
    log.write('eu', { received: 10, sold: 1 })
    log.write('eu', { received: 10, sold: 1, given: { us: 5 } })
    log.write('us', { sold: 5 })
    log.apply(4)
    // What us had before it sold is recorded nowhere: levels are shown from there on.
    expect(await see(log, { eu: 1 }, 1)).toEqual([
      { available: 4, leased: 0, rights: '0 4 0', token: { eu: 3, us: 1 } },
    ])
  })

  it('S4: sales of one region that came meanwhile are shown one by one', async () => {
    const log = new Log()
    for (const sold of [0, 1, 2, 3]) log.write('eu', { received: 10, sold })
    log.apply(4)
    expect((await see(log, { eu: 1 }, 3)).map(({ available }) => available)).toEqual([9, 8, 7])
  })

  it('S4 S6: a lease that was opened and sold from within one transaction is never shown to hold less than nothing', async () => {
    const sign = (): CommitEvent => ({ type: 'lease.opened', entityId: 'l', data: {}, placement: 'everywhere' })
    const log = new Log()
    log.write('eu', { received: 10 })
    log.apply(1)
    const seeing = see(log, null, 2)
    await settled()
    log.write('eu', { received: 10, sold: 1 }, { events: [sign()] })
    log.write('eu', { received: 10, sold: 1, given: { [lease]: 5 } }, { events: [sign()] })
    log.write(
      'eu',
      { received: 10, sold: 2, given: { [lease]: 5 } },
      { events: [sign()], kept: { [lease]: { sold: 3 } } },
    )
    log.apply(3)
    expect(await seeing).toEqual([
      { available: 10, leased: 0, rights: '0 10 0', token: { eu: 1 } },
      { available: 3, leased: 2, rights: '0 3 0', token: { eu: 4 } },
    ])
  })

  it('S4 C6: what is applied beside a forked log is shown as the region holds it, and no token names it', async () => {
    const log = new Log()
    log.write('us', { received: 10 })
    log.write('us', { received: 10, sold: 1 })
    log.write('us~0011', { received: 10, sold: 2 }, { kept: { us: { received: 10, sold: 3 } } })
    log.write('eu', { received: 1 })
    log.apply(2)
    const seeing = see(log, null, 3)
    await settled()
    log.apply(1)
    await settled()
    log.apply(1)
    expect((await seeing).map(({ available, token }) => [available, token])).toEqual([
      [9, { us: 2 }],
      [7, { us: 2 }],
      [8, { eu: 1, us: 2 }],
    ])
  })
})
