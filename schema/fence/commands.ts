// retireRegion, and the internal commands of fences (S7). A retire is its region's word about what it holds, too. Twice the
// same retire is one: the second finds what the first has begun.

import * as z from 'zod'
import { incarnationOf, isRegionId, makeOrigin, type Origin, regionOf } from '../clock/origin.ts'
import { sequenceOf, type VersionVector } from '../clock/version-vector.ts'
import type { CommitEvent } from '../commit/commit.ts'
import {
  accept,
  type CommandContext,
  type CommandDefinition,
  noReads,
  refuse,
  type UserError,
} from '../documents/command.ts'
import { parserOf } from '../documents/parsing.ts'
import { toHex } from '../hex.ts'
import type { JsonObject } from '../json.ts'
import { type FenceTarget, fencedEvent, isTarget, retiredEvent, targetKey } from './fence-log.ts'
import { heldOf, isPlainRetire, wordOf } from './fences.ts'
import { endOf, type Fencing } from './fencing.ts'
import { findOrderFlaw, knownIn, maximumOrderCharacters, parseOrder, type SignedOrder } from './order.ts'
import { dueVotes, putOffOf } from './put-off.ts'

export interface RetireRegionInput {
  readonly region: string
  readonly note?: string | null | undefined
  readonly override?: boolean | null | undefined
  /** What an operator has signed, as JSON; needed where operators' keys are configured. */
  readonly order?: string | null | undefined
}

const maximumNote = 2_000

export const retireRegion: CommandDefinition<RetireRegionInput> = {
  name: 'retireRegion',
  parse: parserOf(
    z.object({
      region: z.string().max(64, 'This names no region: that has up to 64 characters.'),
      note: z.string().max(maximumNote, `Say it in up to ${maximumNote} characters.`).nullish(),
      override: z.boolean().nullish(),
      order: z.string().max(maximumOrderCharacters, 'This is no order.').nullish(),
    }),
  ),
  reads: () => noReads,
  // The same call with a newer order is the same call.
  identityOf: ({ order: _, ...input }) => input,
  run(context, { region, note, override, order: text }) {
    const { decided, open } = context.fencing.fences
    const overrides = override === true
    const refused = findRefusal(context, region, overrides)
    if (refused !== null) return refuse(refused)
    const known = [...decided, ...open].find(({ key }) => key === region)
    const isOverridden = known?.retires.some((retire) => retire.overrides) ?? false
    if (decided.some(({ key }) => key === region) || (known !== undefined && (isOverridden || !overrides)))
      return accept({ result: { region } })
    const data = retireData(context, { region, before: null }, overrides)
    const order = typeof text === 'string' ? parseOrder(text) : null
    const unordered = findUnordered(context, region, overrides, order)
    if (unordered !== null) return refuse(unordered)
    const said = { ...data, note: note ?? null, ...(order !== null && { order: { ...order } }) }
    return accept({ events: [eventOf(retiredEvent, region, said)], result: { region } })
  },
}

function findRefusal(context: CommandContext, region: string, overrides: boolean): UserError | null {
  const { fences } = context.fencing
  const field = ['region']
  if (!context.principal.roles.includes('operator'))
    return { code: 'FORBIDDEN', message: 'Regions are retired by operators.' }
  if (fences.decided.some(({ key }) => key === region)) return null
  if (!isRegionId(region) || !fences.members.includes(region))
    return {
      code: 'NOT_FOUND',
      message: `There is no region ${region}: choose one of ${fences.members.join(', ')}.`,
      field,
    }
  if (region === context.region)
    return { code: 'INVALID', message: `${region} cannot retire itself: ask another region.`, field }
  if (endOf(fences, context.origin) !== null)
    return { code: 'INVALID', message: `${context.region} is being retired itself: ask another region.`, field }
  const putOff = putOffOf(context.fencing, context.region, context.fencing)
  // A retire is a word: that it has said, then.
  if (overrides && putOff?.through.includes(region))
    return {
      code: 'INVALID',
      message: `${region} alone can bring ${context.region} the word of ${putOff.waitsFor.join(', ')}. If it is lost for good, retire ${putOff.waitsFor.join(', ')} in ${context.region} with \`override\`.`,
      field,
    }
  if (overrides || fences.open.some(({ key }) => key === region) || isPlainRetire(fences, region)) return null
  const other = fences.open.find(({ target }) => target.before === null)
  const message =
    other === undefined
      ? `Without ${region} too few regions stay to decide it. If you know that it writes no more, say \`override\`.`
      : `${other.key} is being retired: wait for it. If both are lost for good, say \`override\`.`
  return { code: 'INVALID', message, field: ['override'] }
}

/** What every other region would find wrong with the order, and what to do about it. */
function findUnordered(
  context: CommandContext,
  region: string,
  overrides: boolean,
  order: SignedOrder | null,
): UserError | null {
  const { operators, fencing, origin: by, time } = context
  if (operators === null) return null
  const field = ['order']
  if (order === null)
    return {
      code: 'FORBIDDEN',
      message: `Here it takes an order that an operator has signed to retire a region. \`causeway retire ${region} --operator-key FILE\` signs and sends one; with --print-order it prints it, for \`order\` of this call.`,
      field,
    }
  const target = { region, before: null }
  const known = knownIn(region, knownOf(context, target), fencing.frontier)
  const { members } = fencing.fences
  const reason = findOrderFlaw(operators, { by, sequence: 0, time, ...target, overrides, known, members, order })
  return reason === null
    ? null
    : {
        code: 'FORBIDDEN',
        message: `${context.region} takes up no such order: ${reason}. Sign a new one, or ask the region that it is for.`,
        field,
      }
}

/** This region's word about all that is to be decided now; nothing where it owes none, or puts it off. */
export const sayFenced: CommandDefinition<Readonly<Record<string, never>>> = {
  name: 'sayFenced',
  parse: parserOf(z.record(z.string(), z.never())),
  reads: () => noReads,
  run(context) {
    const { fences, frontier, chainHashes } = context.fencing
    const owed = dueVotes(context.fencing, context.region)
    if (owed.length === 0) return accept({ result: {} })
    const held = heldOf(fences, frontier)
    const data = { targets: owed.map(wordOf), held, hashes: hashesOf(held, chainHashes) }
    return accept({ events: [eventOf(fencedEvent, context.region, data)], result: {} })
  },
}

/** Retires what this region has written under earlier incarnations, so that this one takes it over (W8). */
export const takeOver: CommandDefinition<Readonly<Record<string, never>>> = {
  name: 'takeOver',
  parse: parserOf(z.record(z.string(), z.never())),
  reads: () => noReads,
  run(context) {
    const { fences } = context.fencing
    const target = { region: context.region, before: incarnationOf(context.origin) }
    const isKnown = [...fences.decided, ...fences.open].some(({ key }) => key === targetKey(target))
    if (target.before === 1 || isKnown || endOf(fences, context.origin) !== null) return accept({ result: {} })
    const data = retireData(context, target, false)
    return accept({ events: [eventOf(retiredEvent, context.region, data)], result: {} })
  },
}

function retireData(context: CommandContext, target: FenceTarget, overrides: boolean): JsonObject {
  const { fences, frontier, chainHashes } = context.fencing
  const word = overrides ? `${targetKey(target)}!` : targetKey(target)
  const held = heldOf(fences, frontier, [target])
  const hashes = hashesOf(held, chainHashes)
  const { members } = fences
  return { ...target, overrides, members, known: knownOf(context, target), targets: [word], held, hashes }
}

/** At which commits it ends: who holds another one there holds another log (C6). */
function hashesOf(held: VersionVector, chainHashes: Fencing['chainHashes']): Readonly<Record<Origin, string>> {
  const hashes: Record<Origin, string> = {}
  for (const origin in held) {
    const hash = chainHashes[origin]
    if (hash !== undefined) hashes[origin] = toHex(hash)
  }
  return hashes
}

/** Origins that it may have been given rights under, whether or not it has ever written. */
function knownOf({ fencing, memberOrigins }: CommandContext, target: FenceTarget): readonly Origin[] {
  const first = makeOrigin(target.region, 1)
  const newest = memberOrigins[target.region]
  const written = Object.keys(fencing.frontier).filter((origin) => sequenceOf(fencing.frontier, origin) > 0)
  const all = new Set([first, ...(newest === undefined ? [] : [newest]), ...written])
  return [...all].filter((origin) => regionOf(origin) === target.region && isTarget(target, origin)).sort()
}

function eventOf(type: string, entityId: string, data: JsonObject): CommitEvent {
  return { type, entityId, data, placement: 'everywhere' }
}
