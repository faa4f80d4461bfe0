// Which work leaves now, and in which calls: a command in a call of its own, direct changes together, several calls at a time. Pure.

import { Ahead, type Concerns, concernsOf } from './concerns.ts'
import type { OutboxEntry, QueuedCommand } from './outbox.ts'

export type Waiting = Extract<OutboxEntry, { state: 'waiting' }>

/** Calls without an answer. */
export const maximumCalls = 16
/** Of them, such that carry changes: a region takes those one after another. */
export const maximumChangeCalls = 2
/** Changes of one call. */
export const maximumTogether = 100
/** Of one call with more than one change: a gateway takes 4 MB, and a character may be three bytes of it. */
export const maximumCharacters = 1_000_000
/** Work without an outcome that is looked at, from the first on: what is behind it waits. */
export const maximumLookedAt = 500

export interface Departures {
  /** Each a call, in the order of the queue; places in it. */
  readonly calls: readonly (readonly number[])[]
  /** When something that waits after a failure may be sent again; null where nothing does. */
  readonly wakeAt: number | null
}

export function departures(entries: readonly OutboxEntry[], now: number): Departures {
  const places = firstUnsettled(entries)
  const round = new Round(callsUnderWay(entries, places))
  let wakeAt: number | null = null
  for (const place of places) {
    if (round.isFull) break
    const entry = entries[place]
    if (entry === undefined || entry.state === 'settled') continue
    const concerns = concernsOf(entry.command)
    if (entry.state === 'sending') round.stays(concerns)
    else if (entry.notBefore > now) {
      wakeAt = Math.min(wakeAt ?? entry.notBefore, entry.notBefore)
      round.stays(concerns)
    } else round.take(place, entry, concerns)
  }
  return { calls: round.calls, wakeAt }
}

function firstUnsettled(entries: readonly OutboxEntry[]): readonly number[] {
  const places: number[] = []
  for (let place = 0; place < entries.length && places.length < maximumLookedAt; place += 1)
    if (entries[place]?.state !== 'settled') places.push(place)
  return places
}

/** Calls under way: all, and those that carry changes. */
function callsUnderWay(entries: readonly OutboxEntry[], places: readonly number[]) {
  const [calls, changeCalls] = [new Set<number>(), new Set<number>()]
  for (const place of places) {
    const entry = entries[place]
    if (entry?.state !== 'sending') continue
    calls.add(entry.call)
    if (entry.command.name === 'change') changeCalls.add(entry.call)
  }
  return { calls: calls.size, changeCalls: changeCalls.size }
}

class Round {
  readonly calls: number[][] = []
  /** All that later work may have to wait for, but for the changes that leave now. */
  readonly #ahead = new Ahead()
  readonly #leaving = new Ahead()
  #changes: number[] | null = null
  /** What they have in common. */
  #group = ''
  #characters = 0
  #callsLeft: number
  readonly #mayTakeChanges: boolean

  constructor(underWay: { readonly calls: number; readonly changeCalls: number }) {
    this.#callsLeft = maximumCalls - underWay.calls
    this.#mayTakeChanges = underWay.changeCalls < maximumChangeCalls
  }

  get isFull(): boolean {
    return this.#callsLeft <= 0 && (this.#changes === null || !this.#hasRoom)
  }

  get #hasRoom(): boolean {
    return this.#changes !== null && this.#changes.length < maximumTogether && this.#characters < maximumCharacters
  }

  stays(concerns: Concerns): void {
    this.#ahead.add(concerns)
  }

  take(place: number, { command, unanswered }: Waiting, concerns: Concerns): void {
    if (this.#ahead.holdsUp(concerns)) this.stays(concerns)
    else if (command.name !== 'change') this.#takeCommand(place, concerns)
    else if (this.#mayTakeChange(groupOf(command, unanswered), charactersOf(command))) {
      this.#changes?.push(place)
      this.#characters += charactersOf(command)
      this.#leaving.add(concerns)
    } else this.stays(concerns)
  }

  #takeCommand(place: number, concerns: Concerns): void {
    if (this.#callsLeft > 0 && !this.#leaving.holdsUp(concerns)) {
      this.#callsLeft -= 1
      this.calls.push([place])
    }
    this.stays(concerns)
  }

  /** Changes of one document leave together, in their order. */
  #mayTakeChange(group: string, characters: number): boolean {
    if (this.#changes !== null)
      return this.#hasRoom && this.#group === group && this.#characters + characters <= maximumCharacters
    if (this.#callsLeft <= 0 || !this.#mayTakeChanges) return false
    this.#callsLeft -= 1
    this.#group = group
    this.#changes = []
    this.calls.push(this.#changes)
    return true
  }
}

/** What may have been sent before is asked for apart (I3), and a contact's changes go to its home alone. */
function groupOf({ input }: QueuedCommand, unanswered: boolean): string {
  const { kind, documentId } = input as Readonly<Record<string, unknown>>
  return `${unanswered} ${kind === 'contact' ? documentId : ''}`
}

const known = new WeakMap<QueuedCommand, number>()

function charactersOf(command: QueuedCommand): number {
  const found = known.get(command) ?? JSON.stringify(command.input).length
  known.set(command, found)
  return found
}
