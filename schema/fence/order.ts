// An operator's order to retire a region: what it says, the bytes that are signed, and whether a retire is what was ordered. It travels
// in the event, so every region judges a retire by its commit alone (C7). Where operators' keys are configured no member retires another
// one on its own word (0067). Pure; holds no private key.

import type { HybridTime } from '../clock/hybrid-clock.ts'
import { incarnationOf, isRegionId, type Origin, type RegionId, regionOf } from '../clock/origin.ts'
import type { VersionVector } from '../clock/version-vector.ts'
import { ByteWriter } from '../commit/bytes.ts'
import { fromHex } from '../hex.ts'

export interface RetireOrder {
  /** 32 hex digits, drawn at random: no two orders are the same. */
  readonly id: string
  readonly cluster: string
  readonly region: RegionId
  /** The newest one of the region that the operator knows of. Who knows of a newer one takes up no such order. */
  readonly incarnation: number
  readonly overrides: boolean
  /** Who decides it: all that were members when it was signed, in order. */
  readonly members: readonly RegionId[]
  /** The region that takes it up, and takes over what the other one leaves. */
  readonly by: RegionId
  readonly signedMs: number
  readonly untilMs: number
}

export interface SignedOrder extends RetireOrder {
  /** Of who signed it: Ed25519, SPKI, base64. */
  readonly key: string
  /** Hex. */
  readonly signature: string
}

/** Whose orders count here: as configured, in every region alike. */
export interface Operators {
  readonly cluster: string
  readonly keys: readonly string[]
  /** Retires of before there were keys, as `origin:sequence` of their events. */
  readonly withoutOrder: ReadonlySet<string>
  /** Tells two of these apart. */
  readonly fingerprint: string
  verify(key: string, bytes: Uint8Array, signature: Uint8Array): boolean
}

/** A retire, as its event or a log of fences has it. */
export interface OrderedRetire {
  readonly by: Origin
  readonly sequence: number
  readonly time: HybridTime
  readonly region: RegionId
  readonly before: number | null
  readonly overrides: boolean
  readonly known: readonly Origin[]
  readonly members: readonly RegionId[] | null
  readonly order?: SignedOrder
}

/** Nothing else that anybody signs begins so. */
const context = 'causeway, an operator orders a retire, 1'

const longestOrderHours = 24
const longestOrderMs = longestOrderHours * 60 * 60_000
/** By so much an operator's clock may be ahead of a region's. */
const orderSkewMs = 5 * 60_000
export const maximumOrderCharacters = 64_000
const maximumMembers = 4_096

export function statementOf(order: RetireOrder): Uint8Array {
  const { cluster, id, region, incarnation, overrides, members, by, signedMs, untilMs } = order
  const said = [context, cluster, id, region, incarnation, overrides, members, by, signedMs, untilMs]
  const writer = new ByteWriter(512)
  writer.rawText(JSON.stringify(said))
  return writer.view()
}

/** Null for what is no order; what else it holds is left out. */
export function readOrder(value: unknown): SignedOrder | null {
  if (typeof value !== 'object' || value === null) return null
  const { id, cluster, region, incarnation, overrides, members, by, signedMs, untilMs, key, signature } =
    value as Readonly<Record<string, unknown>>
  const isRegion = (one: unknown): one is RegionId => typeof one === 'string' && isRegionId(one)
  const isCount = (one: unknown): one is number => Number.isSafeInteger(one) && (one as number) >= 0
  const isHex = (one: unknown, length: number): one is string =>
    typeof one === 'string' && one.length === length && /^[0-9a-f]*$/.test(one)
  const isName = (one: unknown): one is string => typeof one === 'string' && one.length > 0 && one.length <= 200
  if (!isHex(id, 32) || !isName(cluster) || !isName(key) || !isHex(signature, 128)) return null
  if (!isRegion(region) || !isRegion(by) || !isCount(incarnation) || typeof overrides !== 'boolean') return null
  if (!isCount(signedMs) || !isCount(untilMs) || !Array.isArray(members) || members.length > maximumMembers) return null
  if (!members.every(isRegion)) return null
  return { id, cluster, region, incarnation, overrides, members, by, signedMs, untilMs, key, signature }
}

/** As callers give it: JSON. */
export function parseOrder(text: string): SignedOrder | null {
  try {
    return readOrder(JSON.parse(text))
  } catch {
    return null
  }
}

/** Null where an operator has ordered this very retire, or none need have; else what is wrong. */
export function findOrderFlaw(operators: Operators, retire: OrderedRetire): string | null {
  const { region, before, by, sequence, order } = retire
  // What a region wrote under earlier incarnations is its own to end (W8).
  if (before !== null || operators.withoutOrder.has(`${by}:${sequence}`)) return null
  if (order === undefined) return `it retires ${region} without an order of an operator`
  if (order.cluster !== operators.cluster)
    return `its order is for the cluster ${order.cluster}, and this one is ${operators.cluster}`
  if (!operators.keys.includes(order.key))
    return `its order is signed by a key that is not known here, ${order.key}: if it is an operator's, add it to operatorKeys and start the nodes again`
  if (!operators.verify(order.key, statementOf(order), fromHex(order.signature)))
    return 'its order says something else than was signed'
  return findMismatch(order, retire) ?? findLateness(order, retire)
}

function findMismatch(order: SignedOrder, { region, by, overrides, known, members }: OrderedRetire): string | null {
  if (order.region !== region) return `its order is to retire ${order.region}, not ${region}`
  if (order.by !== regionOf(by)) return `its order is for ${order.by} to take up, not for ${regionOf(by)}`
  if (order.overrides !== overrides)
    return overrides ? 'its order does not say that it overrides' : 'its order says that it overrides'
  const others = (members ?? []).filter((member) => !order.members.includes(member))
  const lacking = order.members.filter((member) => members?.includes(member) !== true)
  if (others.length > 0 || lacking.length > 0)
    return `its order is to be decided by ${order.members.join(', ')}, and not by ${(members ?? []).join(', ') || 'nobody'}`
  const newest = Math.max(0, ...known.map(incarnationOf))
  return newest > order.incarnation
    ? `its order is of when ${region} wrote as number ${order.incarnation}, and it has begun anew as number ${newest}`
    : null
}

function findLateness({ signedMs, untilMs }: SignedOrder, { time: { wallMs } }: OrderedRetire): string | null {
  if (untilMs - signedMs > longestOrderMs) return `its order holds for longer than ${longestOrderHours} hours`
  if (wallMs > untilMs) return `its order held until ${timeText(untilMs)}, and is taken up at ${timeText(wallMs)}`
  return wallMs < signedMs - orderSkewMs
    ? `its order was signed at ${timeText(signedMs)}, after it is taken up, at ${timeText(wallMs)}: one of the clocks is wrong`
    : null
}

/** Beyond it no time can be written out. */
const latestTimeMs = 8_640_000_000_000_000

function timeText(ms: number): string {
  return ms <= latestTimeMs ? new Date(ms).toISOString() : `${ms} ms`
}

/** Origins of the region that a commit shows its writer to have known. */
export function knownIn(region: RegionId, known: readonly Origin[], clock: VersionVector): readonly Origin[] {
  return [...known, ...Object.keys(clock).filter((origin) => regionOf(origin) === region)]
}

/** Of what a peer tells of fences, the first retire that nobody has ordered and that is not in `held` already; null where there is none. */
export function findUnordered<Retire extends OrderedRetire>(
  operators: Operators | null,
  told: readonly Retire[],
  held: readonly OrderedRetire[],
): { readonly retire: Retire; readonly reason: string } | null {
  if (operators === null) return null
  for (const retire of told) {
    if (held.some(({ by, sequence }) => by === retire.by && sequence === retire.sequence)) continue
    // A log of fences counts in whoever had written anything, those that had left among them.
    const members = (retire.members ?? []).filter((member) => retire.order?.members.includes(member) === true)
    const reason = findOrderFlaw(operators, { ...retire, members })
    if (reason !== null) return { retire, reason }
  }
  return null
}
