// React bindings: hooks over the client's handles, by useSyncExternalStore, so that one render never shows two moments. Each gives
// what the handle's `get` gives. They show what is on the device; what is to be on it, `client.follow` says.

import {
  type Context,
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import type {
  CartView,
  CausewayClient,
  Command,
  CommandInputs,
  CommandName,
  Lease,
  OrderFilter,
  OrderView,
  Outcome,
  ProductFilter,
  ProductView,
  Status,
  StockView,
} from '../index.ts'
import { type Source, snapshotStore } from './snapshot.ts'

const ClientContext: Context<CausewayClient | null> = createContext<CausewayClient | null>(null)

export interface CausewayProviderProps {
  readonly client: CausewayClient
  readonly children?: ReactNode
}

export function CausewayProvider({ client, children }: CausewayProviderProps): ReactElement {
  return createElement(ClientContext.Provider, { value: client }, children)
}

/** Throws outside a CausewayProvider. */
export function useClient(): CausewayClient {
  const client = useContext(ClientContext)
  if (client === null) throw new Error('This hook needs a CausewayProvider above it.')
  return client
}

export function useProduct(id: string): ProductView | undefined {
  return useSource(`product/${id}`, (client) => client.product(id))
}

export function useProducts(filter: ProductFilter = {}): readonly ProductView[] {
  return useSource(`products/${JSON.stringify(filter)}`, (client) => client.products(filter))
}

export function useStock(sku: string): StockView | undefined {
  return useSource(`stock/${sku}`, (client) => client.stock(sku))
}

export function useOrder(id: string): OrderView | undefined {
  return useSource(`order/${id}`, (client) => client.order(id))
}

export function useOrders(filter: OrderFilter = {}): readonly OrderView[] {
  return useSource(`orders/${JSON.stringify(filter)}`, (client) => client.orders(filter))
}

export function useCart(id: string): CartView | undefined {
  return useSource(`cart/${id}`, (client) => client.cart(id))
}

export function useStatus(): Status {
  return useSource('status', (client) => ({
    get: () => client.status(),
    subscribe: (listener) => client.onStatus(listener),
  }))
}

/** Pending commands and outcomes that were not acknowledged, in the order in which they were queued. */
export function useCommands(): readonly Command[] {
  const source = (client: CausewayClient): Source<readonly Command[]> => ({
    get: () => client.commands().map(asItStands),
    subscribe: (listener) => client.onStatus(listener),
  })
  return useSource('commands', source, areSameCommands)
}

/** What is lent to this device, in order of asking. */
export function useLeases(): readonly Lease[] {
  const source = (client: CausewayClient): Source<readonly Lease[]> => ({
    get: () => client.leases().map(leaseNow),
    subscribe: (listener) => client.onStatus(listener),
  })
  return useSource('leases', source, areSameLeases)
}

export type CommandProgress =
  | { readonly state: 'idle' }
  /** Being stored. */
  | { readonly state: 'queueing' }
  /** Stored, and without its outcome yet. */
  | { readonly state: 'queued'; readonly command: Command }
  | { readonly state: 'settled'; readonly command: Command; readonly outcome: Outcome }
  /** Not queued, or the client was closed before its outcome: `error` says which. */
  | { readonly state: 'failed'; readonly error: Error }

export interface CommandRunner<Name extends CommandName> {
  /** Rejects where the command could not be stored. The progress is of the one run last. */
  run(input: CommandInputs[Name]): Promise<Command>
  readonly progress: CommandProgress
  reset(): void
}

/** Of each command its own input. */
type Queues = { readonly [Name in CommandName]: (input: CommandInputs[Name]) => Promise<Command> }

/** One command, and what became of it: for a button and the line below it. */
export function useCommand<Name extends CommandName>(name: Name): CommandRunner<Name> {
  const client = useClient()
  const [progress, setProgress] = useState<CommandProgress>({ state: 'idle' })
  const runs = useRef(0)
  const reset = useCallback(() => {
    runs.current += 1
    setProgress({ state: 'idle' })
  }, [])
  const run = useCallback(
    async (input: CommandInputs[Name]) => {
      runs.current += 1
      const own = runs.current
      const show = (next: CommandProgress) => {
        if (runs.current === own) setProgress(next)
      }
      show({ state: 'queueing' })
      try {
        const queues: Queues = client
        const command = await queues[name](input)
        show({ state: 'queued', command })
        command.outcome.then(
          (outcome) => show({ state: 'settled', command, outcome }),
          (error: unknown) => show({ state: 'failed', error: asError(error) }),
        )
        return command
      } catch (error) {
        show({ state: 'failed', error: asError(error) })
        throw error
      }
    },
    [client, name],
  )
  return useMemo(() => ({ run, progress, reset }), [run, progress, reset])
}

/** `key` names what `make` makes: the same key, the same source. */
function useSource<Value>(
  key: string,
  make: (client: CausewayClient) => Source<Value>,
  isSame?: (left: Value, right: Value) => boolean,
): Value {
  const client = useClient()
  const held = useRef<{ client: CausewayClient; key: string; store: ReturnType<typeof snapshotStore<Value>> } | null>(
    null,
  )
  if (held.current === null || held.current.client !== client || held.current.key !== key)
    held.current = { client, key, store: snapshotStore(make(client), isSame) }
  const { store } = held.current
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot)
}

/** A command tells its state as of now; React compares with how it stood before. */
function asItStands(command: Command): Command {
  const { id, name, input, state, outcome } = command
  return { id, name, input, state, outcome, acknowledge: () => command.acknowledge() }
}

function areSameCommands(left: readonly Command[], right: readonly Command[]): boolean {
  return (
    left.length === right.length &&
    left.every(({ id, state }, index) => id === right[index]?.id && state === right[index]?.state)
  )
}

function leaseNow(lease: Lease): Lease {
  const { id, sku, quantity, left, expiresAt, state } = lease
  return { id, sku, quantity, left, expiresAt, state, close: () => lease.close() }
}

function areSameLeases(left: readonly Lease[], right: readonly Lease[]): boolean {
  const isSame = (one: Lease, other: Lease | undefined) =>
    one.id === other?.id && one.left === other.left && one.state === other.state
  return left.length === right.length && left.every((one, index) => isSame(one, right[index]))
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
