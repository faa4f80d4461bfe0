// Connections to Postgres. A session is one physical connection that is never silently replaced: once it is lost,
// whoever holds it knows, and no statement of theirs runs on another. Knows no table.

import postgres from 'postgres'
import { closedError, unreachable } from './errors.ts'

/** bigint comes as number: sequences, positions and cells stay below 2^53. Hybrid times are selected as text. */
export type Sql = postgres.Sql<{ readonly bigint: number }>
export type Queries = Pick<Sql, 'unsafe'> & postgres.ISql<{ readonly bigint: number }>

export interface Session {
  readonly sql: Sql
  /** What the server calls it by: a number that it gives out anew, and when it began. */
  readonly backend: { readonly pid: number; readonly began: string }
  /** Null while it stands. */
  readonly loss: () => Error | null
  /** Calls once, at once where it is lost already. The returned function forgets the listener. */
  onLost(listener: (error: Error) => void): () => void
  end(): Promise<void>
}

const toBytes = (hex: string) => new Uint8Array(Buffer.from(hex.slice(2), 'hex'))

const asIs = (value: unknown) => value

function optionsFor(application: string) {
  return {
    connect_timeout: 10,
    max_lifetime: null,
    onnotice: () => undefined,
    // Arrays go as literals of our own and come as JSON: no look-up of their types on every connection.
    fetch_types: false,
    connection: {
      application_name: application,
      synchronous_commit: 'on',
      // A node that hangs must not hold the head row against the others.
      idle_in_transaction_session_timeout: 30_000,
      lock_timeout: 30_000,
      jit: 'off',
    },
    types: {
      bigint: { to: 20, from: [20], serialize: (value: number) => String(value), parse: Number },
      bytea: { to: 17, from: [17], serialize: (value: Uint8Array) => bytesLiteral(value), parse: toBytes },
      // JSON goes as text that is ready: what is serialised twice is stored as a string.
      json: { to: 114, from: [114, 3802], serialize: asIs, parse: (text: string) => JSON.parse(text) },
      jsonb: { to: 3802, from: [], serialize: asIs, parse: asIs },
    },
  }
}

export function bytesLiteral(value: Uint8Array): string {
  return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
}

/**
 * Every statement of a transaction finds a set of rows by their keys. Without statistics, or with those of an emptier
 * table, the planner would rather read the whole table and hash it, which grows with the table and not with the set.
 */
const byKeys = { enable_hashjoin: 'off', enable_mergejoin: 'off' } as const

/**
 * The driver's statements and results are classes with a static property of a computed name, and the engine gives up on optimizing
 * the constructor of such a class, again and again: its properties are a table without a shape. Being extended gives it a
 * shape. It matters beyond the speed of a constructor: as long as it is not optimized, the functions that it assigns to a
 * statement are made among the old objects, where they keep the statement with its parameters and rows, and so all of it is
 * copied there by every small collection and waits for a full one.
 */
function giveShape(...instances: readonly object[]): void {
  for (const instance of instances) void class extends (instance.constructor as new () => object) {}
}

/**
 * For sessions whose statements all find rows by keys, however many: left to itself the server plans anew wherever fewer keys than
 * ten are given, which is nearly always where single answers count.
 */
export const plannedOnce = { plan_cache_mode: 'force_generic_plan' } as const

interface SessionChoices {
  /** Gets what other sessions notify, once this one listens. */
  readonly hear?: (payload: string) => void
  readonly settings?: typeof plannedOnce
}

export async function openSession(
  url: string,
  application: string,
  { hear, settings }: SessionChoices = {},
): Promise<Session> {
  let loss: Error | null = null
  const listeners = new Set<(error: Error) => void>()
  const lose = (error: Error) => {
    if (loss !== null) return
    loss = error
    for (const listener of [...listeners]) listener(error)
    listeners.clear()
    // The driver would take the connection up again, with what it had not sent yet; this session is over instead.
    void client.end({ timeout: 0 })
  }
  const options = optionsFor(application)
  const client = postgres(url, {
    ...options,
    connection: { ...options.connection, ...byKeys, ...settings },
    max: 1,
    onclose: () => lose(new Error('the connection was closed')),
    ...(hear && { onnotify: (_: string, payload: string) => hear(payload) }),
  })
  // The driver never answers a reservation that opens its own connection while `fetch_types` is off: open one first.
  const first = client<[Session['backend']]>`
    select pid, backend_start::text as began from pg_stat_activity where pid = pg_backend_pid()`
  const opened = first.then(async (result) => {
    giveShape(first, result)
    return { backend: result[0], reserved: await client.reserve() }
  })
  const { backend, reserved } = await opened.catch((error: unknown) => {
    void client.end({ timeout: 0 })
    throw unreachable(error)
  })
  return {
    sql: reserved as unknown as Sql,
    backend,
    loss: () => loss,
    onLost: (listener) => {
      if (loss !== null) listener(loss)
      else listeners.add(listener)
      return () => listeners.delete(listener)
    },
    end: async () => {
      if (loss !== null) return
      loss = closedError()
      reserved.release()
      await client.end({ timeout: 1 })
      for (const listener of [...listeners]) listener(loss)
      listeners.clear()
    },
  }
}

/** For reads that stand alone. Replaced whole after a loss, since the driver may hold back what was not sent. */
export class ReadPool {
  #current: Sql | null = null
  #closed = false
  readonly #open: () => Sql

  constructor(url: string, application: string, size: number) {
    this.#open = () => {
      const opened: Sql = postgres(url, {
        ...optionsFor(application),
        max: size,
        onclose: () => {
          if (this.#current !== opened) return
          this.#current = null
          void opened.end({ timeout: 5 })
        },
      }) as unknown as Sql
      return opened
    }
  }

  get sql(): Sql {
    if (this.#closed) throw closedError()
    this.#current ??= this.#open()
    return this.#current
  }

  async close(): Promise<void> {
    this.#closed = true
    const current = this.#current
    this.#current = null
    await current?.end({ timeout: 5 })
  }
}
