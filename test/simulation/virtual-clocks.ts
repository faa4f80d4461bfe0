// The wall clocks of the simulation's machines: each follows virtual time with an offset, can jump, run fast or slow, and
// stand still. Timers are not moved by them: they count time as it passes.

import type { Clock } from '@causeway/regions/ports'

interface WallClock {
  readonly atMs: number
  readonly showsMs: number
  /** Milliseconds that it moves on in one of time's; 0: it stands still. */
  readonly rate: number
}

export class VirtualClocks {
  readonly #time: Clock
  readonly #clocks = new Map<string, WallClock>()

  constructor(time: Clock) {
    this.#time = time
  }

  of(machine: string): Clock {
    return { now: () => Math.round(this.#read(machine)) }
  }

  /** By how far the machine's clock is ahead of time; negative where it is behind. */
  offsetMs(machine: string): number {
    return this.#read(machine) - this.#time.now()
  }

  jump(machine: string, byMs: number): void {
    const { rate = 1 } = this.#clocks.get(machine) ?? {}
    this.#set(machine, this.#read(machine) + byMs, rate)
  }

  run(machine: string, rate: number): void {
    this.#set(machine, this.#read(machine), rate)
  }

  #set(machine: string, showsMs: number, rate: number): void {
    this.#clocks.set(machine, { atMs: this.#time.now(), showsMs, rate })
  }

  #read(machine: string): number {
    const clock = this.#clocks.get(machine)
    if (clock === undefined) return this.#time.now()
    return clock.showsMs + (this.#time.now() - clock.atMs) * clock.rate
  }
}
