// Drives the outbox: owns what keeps it, its timer and the promises that the app waits on. What to do next is outbox.ts's to say, by
// the uptime: were it by the clock that people set, what waits for its next try would wait for as long as that is set back.

import type { ClientPorts } from '../ports.ts'
import type { StorageWrite } from '../storage/port.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { type Arrival, type Rebase, sendingIn, takeArrivals } from './arrivals.ts'
import { ClientError } from './client-error.ts'
import type { Command } from './command.ts'
import { Keeper, type Storing } from './keeper.ts'
import {
  type Answer,
  type Answered,
  type Covers,
  freshEntry,
  loadOutbox,
  maximumUnsettled,
  type OutboxAction,
  type OutboxEntry,
  type OutboxInput,
  type OutboxState,
  type QueuedCommand,
  step,
  unsettled,
} from './outbox.ts'
import { Outcomes } from './outcomes.ts'
import type { OutboxShelf } from './shelf.ts'

export interface OutboxOptions {
  readonly shelf: OutboxShelf
  readonly tabs: Tabs
  readonly ports: ClientPorts
  /** Answers by id; what is missing in it was not answered. */
  readonly send: (commands: readonly QueuedCommand[], resent: boolean) => Promise<ReadonlyMap<string, Answer>>
  /** Whether the confirmed data has what was accepted with a token (R8). */
  readonly covers: Covers
  readonly rebase: Rebase
  readonly storing?: Storing
  /** Any change that `commands()`, the counts or what is pending show. */
  readonly onChange: () => void
}

export class Outbox {
  readonly #options: OutboxOptions
  readonly #outcomes = new Outcomes()
  readonly #keeper: Keeper
  #state: OutboxState = loadOutbox([])
  #work: Promise<void> = Promise.resolve()
  /** Answers that came while what was before them is being stored: together they are one step. */
  readonly #arrived: Arrival[] = []
  #cancelWake: () => void = () => {}
  #queueing = 0
  #closed = false
  #isConnected = false
  #held: OutboxInput[] | null = []
  #reloading: Promise<void> = Promise.resolve()

  constructor(options: OutboxOptions) {
    const { shelf, ports, storing = (_, put) => put([]) } = options
    this.#options = options
    this.#keeper = new Keeper({
      ...{ shelf, ports, storing },
      isQueued: (id) => this.#state.entries.some(({ command }) => command.id === id),
      inTurn: (work) => {
        this.#work = this.#work.then(async () => void (await work()))
      },
    })
  }

  /** Takes up what an earlier client of this user left. */
  async load(): Promise<void> {
    const { shelf, tabs } = this.#options
    shelf.onNews((news) => {
      if (news.outbox === 'put') this.#told(news.entry, news.replaces)
      else if (news.outbox === 'removed') this.#gone(news.id)
      else this.#forgetAll()
    })
    const ledBefore = tabs.leads
    this.#takeUp(await shelf.load())
    tabs.onMissed(() => void this.#reload())
    // The page that led until now may have gone on after this one had read the storage.
    tabs.onLead(() => (ledBefore ? this.#proceed() : void this.#reload().then(() => this.#proceed())))
  }

  get entries(): readonly OutboxEntry[] {
    return this.#state.entries
  }

  /** Resolves once the storage holds it and it shows; rejects with StorageError where it has no room, and nothing was queued then. */
  async queue(command: QueuedCommand, along: readonly StorageWrite[] = []): Promise<Command> {
    if (this.#closed) throw new ClientError('CLOSED', 'the client is closed')
    if (unsettled(this.#state) + this.#queueing >= maximumUnsettled) {
      throw new ClientError('QUEUE_FULL', `${maximumUnsettled} pieces of work wait for their outcome already`)
    }
    this.#queueing += 1
    try {
      await this.#options.shelf.put([{ entry: freshEntry(command) }], along)
    } finally {
      this.#queueing -= 1
    }
    this.#apply({ type: 'queued', command })
    if (this.#held !== null) await this.#reloading
    return this.#handle(command)
  }

  /** The confirmed data has moved: work that it covers is done with. Tells no change, for the caller shows both at once. */
  covered(): void {
    if (this.#held !== null) return
    const next = step(this.#state, { type: 'covered', covers: this.#options.covers }, this.#options.ports.uptime())
    this.#state = next.state
    this.#then(next.actions)
  }

  commands(): readonly Command[] {
    return this.#state.entries.flatMap((entry) =>
      entry.state === 'settled' && entry.acknowledged ? [] : [this.#handle(entry.command)],
    )
  }

  get pending(): number {
    return unsettled(this.#state)
  }

  get refused(): number {
    return this.#state.entries.filter(
      (entry) => entry.state === 'settled' && !entry.acknowledged && entry.outcome.status === 'refused',
    ).length
  }

  online(): void {
    this.#isConnected = true
    this.#proceed()
  }

  offline(): void {
    this.#isConnected = false
    this.#apply({ type: 'offline' })
  }

  /** Forgets every command, sent or not. */
  async clear(): Promise<void> {
    this.#forgetAll()
    await this.#work
    await this.#options.shelf.clear()
    this.#options.onChange()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelWake()
    this.#keeper.close()
    await this.#work
    this.#outcomes.end(new ClientError('CLOSED', 'the client was closed; its queue is kept by the storage'))
  }

  /** Of the pages that share the storage, one sends. */
  #proceed(): void {
    if (this.#isConnected && this.#options.tabs.leads) this.#apply({ type: 'online' })
  }

  /** One after another: what an earlier read missed is in a later one. */
  #reload(): Promise<void> {
    this.#reloading = this.#reloading.then(async () => {
      if (this.#closed) return
      this.#held ??= []
      // Where the storage cannot be read, what was told of it is all there is.
      this.#takeUp(await this.#options.shelf.load().catch(() => this.#state.entries))
    })
    return this.#reloading
  }

  #takeUp(stored: readonly OutboxEntry[]): void {
    const { online, calls } = this.#state
    // The page that sends knows best how what it sends stands.
    const own = new Map(online ? this.#state.entries.map((entry) => [entry.command.id, entry]) : [])
    const entries = loadOutbox(stored).entries.map((entry) => own.get(entry.command.id) ?? entry)
    this.#state = { online, calls, entries }
    for (const entry of this.#state.entries) {
      if (entry.state === 'settled') this.#outcomes.settle(entry.command.id, entry.outcome)
    }
    const held = this.#held ?? []
    this.#held = null
    for (const input of held) this.#apply(input)
    this.#options.onChange()
  }

  #told(entry: OutboxEntry, replaces: string | undefined): void {
    if (replaces !== undefined) this.#outcomes.replaced(replaces, entry.command.id)
    this.#apply({ type: 'told', entry, ...(replaces !== undefined && { replaces }) })
  }

  #gone(id: string): void {
    this.#apply({ type: 'gone', id })
    this.#keeper.drop(id)
    this.#outcomes.fail(id, new ClientError('CLEARED', 'another page has dealt with this command'))
  }

  #forgetAll(): void {
    this.#state = { ...loadOutbox([]), online: this.#state.online }
    this.#keeper.drop()
    this.#outcomes.failAll(new ClientError('CLEARED', 'the client was cleared'))
    this.#options.onChange()
  }

  #apply(input: OutboxInput): void {
    if (this.#closed) return
    if (this.#held !== null) {
      // The storage is being read: what happens meanwhile comes after what it says.
      this.#held.push(input)
      return
    }
    const next = step(this.#state, input, this.#options.ports.uptime())
    const isOther = next.state !== this.#state
    this.#state = next.state
    this.#then(next.actions)
    if (isOther) this.#options.onChange()
  }

  /** One batch of actions after another, so that nothing is sent before what marks it as sent is stored. */
  #then(actions: readonly OutboxAction[]): void {
    if (actions.length > 0) this.#work = this.#work.then(() => this.#run(actions))
  }

  async #run(actions: readonly OutboxAction[]): Promise<void> {
    let stored = true
    for (const action of actions) {
      switch (action.do) {
        case 'store':
          stored = await this.#keeper.store(action.entries)
          break
        case 'forget':
          for (const id of action.ids) this.#outcomes.forget(id)
          await this.#keeper.forget(action.ids)
          break
        case 'settle':
          this.#outcomes.settle(action.id, action.outcome)
          break
        case 'wake':
          this.#wakeAt(action.at)
          break
        case 'send':
          // An attempt that could not be noted must not be made: after a crash it would look like the first one.
          if (stored) void this.#send(action.commands, action.resent)
          else this.#answered(action.commands.map(({ id }) => [id, { kind: 'unsent' }]))
      }
    }
  }

  async #send(commands: readonly QueuedCommand[], resent: boolean): Promise<void> {
    const answers = await this.#options.send(commands, resent).catch((): ReadonlyMap<string, Answer> => new Map())
    this.#answered(commands.map(({ id }) => [id, answers.get(id) ?? { kind: 'unanswered' }]))
  }

  #answered(arrivals: readonly Arrival[]): void {
    const isFirst = this.#arrived.length === 0
    this.#arrived.push(...arrivals)
    if (!isFirst) return
    this.#work = this.#work.then(() =>
      takeArrivals(this.#arrived.splice(0), {
        sending: sendingIn(this.#state.entries),
        rebase: this.#options.rebase,
        apply: (answers) => this.#takeAnswers(answers),
      }),
    )
  }

  #takeAnswers(answers: readonly Answered[]): void {
    for (const { id, replacement } of answers)
      if (replacement !== undefined) this.#outcomes.replaced(id, replacement.id)
    this.#apply({ type: 'answered', answers, unit: this.#options.ports.unit() })
  }

  #wakeAt(at: number): void {
    const { ports } = this.#options
    this.#cancelWake()
    this.#cancelWake = ports.after(Math.max(0, at - ports.uptime()), () => this.#apply({ type: 'woke' }))
  }

  #handle(command: QueuedCommand): Command {
    const currentId = () => this.#outcomes.current(command.id)
    const stateOf = () => this.#state.entries.find((entry) => entry.command.id === currentId())?.state ?? 'settled'
    return {
      id: command.id,
      name: command.name,
      input: command.input,
      get state() {
        return stateOf()
      },
      outcome: this.#outcomes.of(command.id),
      acknowledge: async () => {
        this.#apply({ type: 'acknowledged', id: currentId(), covers: this.#options.covers })
        await this.#work
      },
    }
  }
}
