// What a node asks of the world. Only cli/ binds the real ones; the simulator binds virtual ones.

/** Milliseconds since the Unix epoch. */
export interface Clock {
  now(): number
}

export interface Timers {
  /** Calls once after `delayMs`; the returned function cancels. */
  after(delayMs: number, call: () => void): () => void
}

/** Random bytes for ids, actors, salts; a number in [0, 1) for jitter. */
export interface Random {
  bytes(length: number): Uint8Array
  unit(): number
}

export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Ports {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
}

/** Resolves after `delayMs` by the injected timers. */
export function sleep(timers: Timers, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(delayMs, resolve)
  })
}

/** Folds text into one running hash. */
export interface Hasher {
  update(text: string): void
  hex(): string
}
