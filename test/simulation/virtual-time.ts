// Time that passes only when the simulation lets it: timers ring in order, and between two of them everything that
// promises have set going comes to rest. Each region may have a clock of its own that is off (virtual-clocks.ts).

import type { Clock, Timers } from '@causeway/regions/ports'
import { VirtualClocks } from './virtual-clocks.ts'

interface Alarm {
  readonly atMs: number
  /** Alarms of the same time ring in the order in which they were set. */
  readonly number: number
  readonly call: () => void
  /** Or rung. */
  cancelled: boolean
}

/** Alarms that ring between two turns of the event loop. */
const ringsPerTurn = 256

/** 2024-01-01T00:00:00Z. */
export const virtualEpochMs = 1_704_067_200_000

export class VirtualTime implements Clock, Timers {
  #nowMs: number
  #numbers = 0
  #rings = 0
  /** Of the alarms. */
  #cancelled = 0
  /** A binary heap by (atMs, number). */
  readonly #alarms: Alarm[] = []
  readonly clocks: VirtualClocks = new VirtualClocks(this)

  constructor(startMs: number = virtualEpochMs) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, call: () => void): () => void {
    const alarm: Alarm = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      number: ++this.#numbers,
      call,
      cancelled: false,
    }
    push(this.#alarms, alarm)
    return () => {
      if (alarm.cancelled) return
      alarm.cancelled = true
      this.#cancelled += 1
      if (this.#cancelled * 2 < this.#alarms.length) return
      sweep(this.#alarms)
      this.#cancelled = 0
    }
  }

  /** The wall clock of one region. */
  clockOf(region: string): Clock {
    return this.clocks.of(region)
  }

  /** Lets time pass until `untilMs` on this clock. */
  async run(untilMs: number): Promise<void> {
    await settle()
    for (;;) {
      const next = this.#nextAlarm()
      if (next === undefined || next.atMs > untilMs) break
      await this.#ring()
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs)
    await settle()
  }

  async runFor(durationMs: number): Promise<void> {
    await this.run(this.#nowMs + durationMs)
  }

  /** Lets time pass until `condition` holds; throws, naming it, when `withinMs` were not enough. Answers how long it took. */
  async runUntil(name: string, condition: () => boolean, withinMs: number): Promise<number> {
    const startMs = this.#nowMs
    await settle()
    while (!condition()) {
      const next = this.#nextAlarm()
      if (next === undefined) throw new Error(`nothing is left to happen, and not: ${name}`)
      if (next.atMs > startMs + withinMs) throw new Error(`not within ${withinMs} virtual ms: ${name}`)
      await this.#ring()
    }
    return this.#nowMs - startMs
  }

  async #ring(): Promise<void> {
    const alarm = pop(this.#alarms)
    if (alarm === undefined || alarm.cancelled) return
    alarm.cancelled = true
    this.#nowMs = Math.max(this.#nowMs, alarm.atMs)
    alarm.call()
    this.#rings += 1
    await (this.#rings % ringsPerTurn === 0 ? turn() : settle())
  }

  #nextAlarm(): Alarm | undefined {
    for (; this.#alarms[0]?.cancelled === true; this.#cancelled -= 1) pop(this.#alarms)
    return this.#alarms[0]
  }
}

/**
 * Promise chains run to their end before the next tick comes. Two ticks, for batched loads wait for one themselves. A turn
 * of the event loop would do as well and costs three times as much; it comes now and then, so that messages from outside
 * and the timeouts of tests get through.
 */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    // A promise's own microtask: those of `queueMicrotask` carry a context along, at several times the price.
    process.nextTick(() => void Promise.resolve().then(() => process.nextTick(resolve)))
  })
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function isBefore(left: Alarm, right: Alarm): boolean {
  return left.atMs !== right.atMs ? left.atMs < right.atMs : left.number < right.number
}

function push(heap: Alarm[], alarm: Alarm): void {
  let place = heap.length
  heap.push(alarm)
  while (place > 0) {
    const above = (place - 1) >> 1
    const parent = heap[above] as Alarm
    if (!isBefore(alarm, parent)) break
    heap[place] = parent
    place = above
  }
  heap[place] = alarm
}

function pop(heap: Alarm[]): Alarm | undefined {
  const top = heap[0]
  const last = heap.pop()
  if (top === undefined || last === undefined || heap.length === 0) return top
  sink(heap, last, 0)
  return top
}

/** Puts `alarm` at `from` or, where others below come before it, below them. */
function sink(heap: Alarm[], alarm: Alarm, from: number): void {
  let place = from
  for (;;) {
    let below = 2 * place + 1
    if (below >= heap.length) break
    if (below + 1 < heap.length && isBefore(heap[below + 1] as Alarm, heap[below] as Alarm)) below += 1
    const child = heap[below] as Alarm
    if (!isBefore(child, alarm)) break
    heap[place] = child
    place = below
  }
  heap[place] = alarm
}

/** Takes out what has been cancelled: most alarms are, long before they would ring. */
function sweep(heap: Alarm[]): void {
  let count = 0
  for (const alarm of heap) if (!alarm.cancelled) heap[count++] = alarm
  heap.length = count
  for (let place = (count >> 1) - 1; place >= 0; place--) sink(heap, heap[place] as Alarm, place)
}
