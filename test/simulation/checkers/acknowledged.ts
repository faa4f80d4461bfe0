// Once all is quiet: nothing acknowledged is lost, and no final refusal was overruled. What may be lost all the same is worked
// out for each answer, from where the logs hold it: with the disk of a restored region, or beyond the end of one that has left.

import type { MemoryDatabase } from '@causeway/db/memory/database'
import { type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { covers, sequenceOf } from '@causeway/schema/clock/version-vector'
import type { Asked, Told } from '../callers/told.ts'
import { winner } from './accounts.ts'
import { type Departures, mayLack } from './departures.ts'
import type { Written } from './history.ts'
import { Violation } from './violation.ts'

export interface ToldSetting {
  readonly region: RegionId
  readonly told: Told
  readonly departures: Departures
}

/** By key, where it was accepted; by order, where it was placed. */
export function placesOf(all: readonly Written[]): ReadonlyMap<string, readonly Written[]> {
  const places = new Map<string, Written[]>()
  const note = (name: string, written: Written) => {
    const known = places.get(name)
    if (known === undefined) places.set(name, [written])
    else known.push(written)
  }
  for (const written of all) {
    for (const { key, accepted } of written.commit.outcomes) if (accepted) note(key, written)
    for (const { type, entityId } of written.commit.events)
      if (type === 'order.placed') note(orderName(entityId), written)
  }
  return places
}

export function checkTold(
  { region, told, departures }: ToldSetting,
  places: ReadonlyMap<string, readonly Written[]>,
): void {
  const database = departures.databaseOf(region)
  for (const asked of told.asked) {
    const { answer, careful, key, name } = asked
    if (answer === null) continue
    const outcome = standing(database, asked)
    const isConflict = answer.status === 'refused' && answer.codes.includes('IDEMPOTENCY_CONFLICT')
    const isOverruled = answer.status === 'refused' && careful && !isConflict && outcome
    if (isOverruled && !isRefusalUnfound(departures, database, asked, places))
      throw new Violation('I3', `${name} ${nameOf(asked)} was refused for good and stands in ${region}`)
    if (answer.status === 'refused' || outcome) continue
    const isKnown = covers(database.head.frontier, answer.token)
    if (isKnown || !isLost(departures, database, places.get(key ?? orderName(String(asked.input.id))) ?? []))
      throw new Violation(
        key === null ? 'W2' : 'I1',
        `${name} ${nameOf(asked)} was accepted and ${region} does not know it`,
      )
  }
}

/** It was written, nowhere that the region holds, and each time by who has left or has lost it with a disk. */
function isLost(departures: Departures, { head }: MemoryDatabase, places: readonly Written[]): boolean {
  return (
    places.length > 0 &&
    places.every(({ sealed: { origin, lastSequence } }) => {
      if (lastSequence <= sequenceOf(head.frontier, origin) || !mayLack(departures, origin)) return false
      const writer = regionOf(origin)
      // Who came back, or may yet, has it: of the former all is placed again or told.
      const own = departures.databaseOf(writer).head.frontier
      return departures.restored.has(writer) || lastSequence <= sequenceOf(own, origin)
    })
  )
}

/**
 * The refusal that decision 0025 gives up: staff's, of an order for nobody that was asked for without a key. The lost commit that placed
 * it does not say who asked, so whoever places it again looks for no refusal. It stands as a copy then, and as nothing else: all that the
 * region holds of its placing says what such a commit said, its time among it, and that commit lies where nobody who stays has it.
 */
function isRefusalUnfound(
  departures: Departures,
  { head }: MemoryDatabase,
  { key, name, input }: Asked,
  places: ReadonlyMap<string, readonly Written[]>,
): boolean {
  if (key !== null || name !== 'placeOrder' || input.customerId !== undefined) return false
  const id = String(input.id)
  const copies: string[] = []
  const originals = new Set<string>()
  for (const { sealed, commit } of places.get(orderName(id)) ?? []) {
    const { origin, lastSequence } = sealed
    const isHeld = lastSequence <= sequenceOf(head.frontier, origin)
    const isKeyed = commit.outcomes.some(({ accepted, result }) => accepted && result.id === id)
    for (const { type, entityId, data } of commit.events) {
      if (type !== 'order.placed' || entityId !== id) continue
      const { lines, adjustments, currencyCode, customerId } = data
      const saying = (placedAt: unknown) => JSON.stringify({ lines, adjustments, currencyCode, customerId, placedAt })
      if (isHeld) copies.push(saying(data.placedAt))
      else if (!isKeyed && mayLack(departures, origin)) originals.add(saying(data.placedAt ?? commit.time.wallMs))
    }
  }
  return copies.length > 0 && copies.every((copy) => originals.has(copy))
}

function orderName(id: string): string {
  return `order/${id}`
}

function nameOf({ key, input }: Asked): string {
  return key ?? String(input.id)
}

/** Whether the command has taken effect, as far as the region knows. */
function standing(database: MemoryDatabase, { key, input }: Asked): boolean {
  if (key === null) return database.documents.has(orderName(String(input.id)))
  return winner(database, key)?.accepted === true
}
