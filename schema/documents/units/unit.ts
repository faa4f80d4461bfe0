// A unit (R7): one direct change that a device made to a document which its user owns. What it is, its bounds, and who wrote
// the change that it becomes. Knows no Automerge document and no region.

import * as z from 'zod'
import * as Automerge from '#automerge'
import { formatTime, type HybridTime, parseTime } from '../../clock/hybrid-clock.ts'
import { isRegionId, type RegionId } from '../../clock/origin.ts'
import type { CommitEvent } from '../../commit/commit.ts'
import type { Json } from '../../json.ts'
import { actorDigits } from '../actor.ts'
import { genesisActor } from '../automerge.ts'
import { idInput } from '../parsing.ts'

/** Puts a whole register, or removes what the user saw at the key. No owned kind has texts that merge. */
export type Patch =
  | { readonly map: string; readonly key: string; readonly value: Json }
  | { readonly map: string; readonly key: string; readonly remove: true }

export interface Unit {
  /** Made by the device, once and for all: it names the outcome and the author of the change. */
  readonly id: string
  readonly kind: string
  readonly documentId: string
  /** Hex, sorted: the heads that the device's user saw. */
  readonly base: readonly string[]
  /** Ids of units whose changes are among the base and that the device has no outcome of. */
  readonly dependsOn: readonly string[]
  readonly patches: readonly Patch[]
  /** The region's time at the device's last sync, and what has passed since (M2). */
  readonly time: HybridTime
  /** Whose time that is. */
  readonly region: RegionId
}

/** Documents that a device may change directly; everything else changes by command. */
export const ownedKinds = ['cart', 'contact'] as const
export type OwnedKind = (typeof ownedKinds)[number]

export const maximumPatches = 500
export const maximumPatchCharacters = 64_000
export const maximumBase = 64
export const maximumDependencies = 64
/** Of one call. */
export const maximumUnits = 100

/** The event that tells of a unit in a commit, and the name under which its outcome is kept. */
export const unitApplied = 'unit.applied'
export const unitCommand = 'applyUnit'

const unitId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{15,127}$/, 'A unit is named by 16 to 128 letters, digits, ". _ -".')
const key = z.string().min(1).max(256)
const patch = z.union([
  z.strictObject({ map: key, key, remove: z.literal(true) }),
  z.strictObject({ map: key, key, value: z.custom<Json>((value) => value !== undefined) }),
])

export const unitInput = z.object({
  id: unitId,
  kind: z.enum(ownedKinds),
  documentId: idInput,
  base: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .min(1)
    .max(maximumBase),
  dependsOn: z.array(unitId).max(maximumDependencies),
  patches: z
    .array(patch)
    .min(1)
    .max(maximumPatches)
    .refine((patches) => JSON.stringify(patches).length <= maximumPatchCharacters, 'The patches are too long.'),
  time: z.string().transform((text, context) => {
    try {
      return parseTime(text)
    } catch {
      context.addIssue({ code: 'custom', message: 'This is no hybrid time.' })
      return z.NEVER
    }
  }),
  region: z.string().refine(isRegionId, 'This is no region.'),
})

/** As it travels; the inverse of `unitInput`. */
export function unitJson(unit: Unit): z.input<typeof unitInput> {
  const { id, kind, documentId, base, dependsOn, patches, time, region } = unit
  return {
    ...{ id, documentId, time: formatTime(time), region },
    kind: kind as OwnedKind,
    base: [...base],
    dependsOn: [...dependsOn],
    patches: patches.map((one) => ({ ...one })),
  }
}

const actors = new Map<string, string>()
const maximumActors = 1_000

/**
 * The author of a unit's change, hex: the same wherever it is encoded, and nobody else's. Automerge names a change by its
 * SHA-256, which gives devices a hash without waiting: browsers have none otherwise.
 */
export function unitActor(id: string): string {
  const known = actors.get(id)
  if (known !== undefined) return known
  const named = {
    actor: genesisActor,
    author: null,
    seq: 1,
    startOp: 1,
    time: 0,
    message: `unit ${id}`,
    deps: [],
    ops: [],
  }
  const actor = Automerge.decodeChange(Automerge.encodeChange(named)).hash.slice(0, actorDigits)
  if (actors.size >= maximumActors) actors.clear()
  actors.set(id, actor)
  return actor
}

/** What a commit says of a unit beside its change. */
export function unitEvent(unit: Unit, placement: CommitEvent['placement']): CommitEvent {
  const { id, kind, documentId, time, region } = unit
  return {
    type: unitApplied,
    entityId: documentId,
    data: { unit: id, kind, time: formatTime(time), region },
    placement,
  }
}

export interface TellsUnit {
  readonly unit: string
  readonly kind: string
  readonly time: HybridTime
  readonly region: RegionId
}

/** Null where the event's data are not those of a unit. */
export function readUnitEvent({ data }: Pick<CommitEvent, 'data'>): TellsUnit | null {
  const { unit, kind, time, region } = data
  if (!unitId.safeParse(unit).success || typeof kind !== 'string' || typeof region !== 'string') return null
  if (!isRegionId(region) || !ownedKinds.some((name) => name === kind) || typeof time !== 'string') return null
  try {
    return { unit: String(unit), kind, time: parseTime(time), region }
  } catch {
    return null
  }
}
