// What the SDK asks of its platform, with what every browser and Node offer as the default. An app composes the SDK
// itself, so unlike in the server's rooms the real ones are bound here, and only here.

export interface ClientPorts {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Calls once after `delayMs`; the returned function cancels. */
  after(delayMs: number, call: () => void): () => void
  /** In [0, 1), for spreading retries. */
  unit(): number
  /** Unique text for commands. */
  newId(): string
  readonly fetch: typeof fetch
  /** A WebSocket constructor. Node has a global one from version 22; before that pass the one of `ws`. */
  readonly webSocket: unknown
}

/** The platform's own. */
export function platformPorts(): ClientPorts {
  return {
    now: () => Date.now(),
    after(delayMs, call) {
      const timer = setTimeout(call, delayMs)
      return () => clearTimeout(timer)
    },
    unit: () => Math.random(),
    newId: () => globalThis.crypto.randomUUID(),
    fetch: (input, init) => globalThis.fetch(input, init),
    webSocket: globalThis.WebSocket,
  }
}
