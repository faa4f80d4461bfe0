// The order that `causeway retire` signs where the regions have keys of operators: what it has to say, as the gateway tells of the
// regions; which of them is to take it up; and its words for whoever signs it. Sends nothing.

import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { incarnationOf, regionOf } from '@causeway/schema/clock/origin'
import type { RetireOrder, SignedOrder } from '@causeway/schema/fence/order'
import { differentKeys, type RegionReport } from '../api/regions.ts'
import { codeOf, Failure, messageOf } from '../failure.ts'

export interface OrderChoices {
  readonly overrides: boolean
  readonly validMinutes: number
  /** Who is to take it up; the healthiest where left out. */
  readonly by: string | undefined
}

type Report = Pick<RegionReport, 'id' | 'state' | 'frontier' | 'operatorKeys'>

/** In this order a region is asked to take it up. */
const usable = ['HEALTHY', 'DEGRADED', 'DRAINING']

export function needsOrder(regions: readonly Report[]): boolean {
  return regions.some(({ state, operatorKeys }) => state !== 'RETIRED' && operatorKeys !== null)
}

/** Throws Failure where no region can take it up. */
export function prepareOrder(
  regions: readonly Report[],
  region: string,
  { overrides, validMinutes, by }: OrderChoices,
  now: number,
): RetireOrder {
  const taker = takerOf(regions, region, by)
  const origins = regions.flatMap(({ frontier }) => Object.keys(frontier ?? {}))
  const incarnations = origins.filter((origin) => regionOf(origin) === region).map(incarnationOf)
  return {
    id: randomBytes(16).toString('hex'),
    cluster: taker.operatorKeys?.cluster ?? '',
    region,
    incarnation: Math.max(1, ...incarnations),
    overrides,
    members: regions.flatMap(({ id, state }) => (state === 'RETIRED' ? [] : [id])).sort(),
    by: taker.id,
    signedMs: now,
    untilMs: now + validMinutes * 60_000,
  }
}

function takerOf(regions: readonly Report[], region: string, by: string | undefined): Report {
  const others = regions.filter(({ id, state }) => id !== region && usable.includes(state))
  if (by === undefined) {
    const [best] = others
      .filter(({ operatorKeys }) => operatorKeys !== null)
      .sort((left, right) => usable.indexOf(left.state) - usable.indexOf(right.state))
    if (best !== undefined) return best
    throw new Failure('no other region can be asked now: an order is taken up by one of them')
  }
  const named = others.find(({ id }) => id === by)
  if (named === undefined)
    throw new Failure(`${by} cannot take it up: ${others.map(({ id }) => id).join(', ') || 'nobody'} can`)
  if (named.operatorKeys === null) throw new Failure(`${by} has no keys of operators: give all regions the same`)
  return named
}

/** What the regions do not agree on, in words; null where they do. */
export function sayDifferentKeys(regions: readonly Report[]): string | null {
  const fingerprints = differentKeys(regions)
  if (fingerprints === null) return null
  return `The regions know different keys of operators (${fingerprints}): where the key is not known, the retire waits. Give all the same cluster.operatorKeys first.`
}

export function sayOrder(order: RetireOrder, keyFile: string): string {
  const { id, cluster, region, incarnation, overrides, members, by, untilMs } = order
  return [
    `With the key of ${keyFile} you sign this order:`,
    `  retire        ${region}, up to its incarnation ${incarnation}, of the cluster ${cluster}`,
    `  taken up by   ${by}, which takes over what ${region} leaves`,
    `  decided by    ${members.filter((member) => member !== region).join(', ')}${overrides ? ', as many as can be asked: it overrides' : ''}`,
    `  good until    ${new Date(untilMs).toISOString()}`,
    `  order         ${id}`,
  ].join('\n')
}

/** Throws Failure where the file has no key, or none that `regions` know. */
export async function signWith(keyFile: string, order: RetireOrder, regions: readonly Report[]): Promise<SignedOrder> {
  const { operatorKeyOf, signOrder } = await import('@causeway/regions/recovery/operators')
  const pem = await readKey(keyFile)
  const own = explained(keyFile, () => operatorKeyOf(pem))
  const known = regions.find(({ id }) => id === order.by)?.operatorKeys?.keys ?? []
  if (!known.includes(own))
    throw new Failure(
      `${order.by} does not know the key of ${keyFile} (${own}) for an operator's: add it to cluster.operatorKeys in the configuration of every region, and start their nodes again`,
    )
  return signOrder(order, pem)
}

async function readKey(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT')
      throw new Failure(`there is no operator's key ${file}; make one with: causeway operator-key --out ${file}`)
    throw new Failure(`cannot read the operator's key ${file}: ${messageOf(error)}`)
  }
}

function explained<Result>(file: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw new Failure(`${file}: ${messageOf(error)}`)
  }
}
