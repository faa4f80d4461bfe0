// What the SDK asks of its platform, with what every browser and Node offer as the default. An app composes the SDK
// itself, so unlike in the server's rooms the real ones are bound here, and only here.

import { type DeviceKeys, platformKeys } from './leases/keys.ts'

export interface ClientPorts {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Calls once after `delayMs`; the returned function cancels. */
  after(delayMs: number, call: () => void): () => void
  /** In [0, 1), for spreading retries. */
  unit(): number
  /** Unique text for commands, which tells when it was made: a UUID of version 7. */
  newId(): string
  /** Milliseconds since some moment; never runs back, and nobody can set it. */
  uptime(): number
  /** What a device signs its leases with. */
  readonly keys: DeviceKeys
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
    newId: () => timeId(Date.now(), platformRandom(10)),
    uptime: () => globalThis.performance.now(),
    keys: platformKeys,
    fetch: (input, init) => globalThis.fetch(input, init),
    webSocket: globalThis.WebSocket,
  }
}

/** Unpredictable bytes, for what must not be guessed or repeated. */
export function platformRandom(length: number): Uint8Array<ArrayBuffer> {
  return globalThis.crypto.getRandomValues(new Uint8Array(length))
}

/**
 * A UUID of version 7 (RFC 9562). A region judges by it how old a command is, so that one which waited offline for longer
 * than its outcome would be remembered is refused instead of carried out twice. `nowMs` since the Unix epoch, below 2^48;
 * `random`: ten bytes.
 */
export function timeId(nowMs: number, random: Uint8Array): string {
  const digits = [...random].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const time = nowMs.toString(16).padStart(12, '0')
  const variant = ((Number.parseInt(digits.slice(3, 4), 16) & 0x3) | 0x8).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digits.slice(0, 3)}-${variant}${digits.slice(4, 7)}-${digits.slice(7, 19)}`
}
