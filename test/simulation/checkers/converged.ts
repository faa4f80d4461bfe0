// Once all is quiet: regions with equal frontiers hold the same (C3), compared entry by entry, and their own digests say
// so too; what is personal lies where it may and nowhere else (C12).

import type { MemoryDatabase } from '@causeway/db/memory/database'
import type { RegionId } from '@causeway/schema/clock/origin'
import { customerKind } from '@causeway/schema/documents/customer/kind'
import { kindOf } from '@causeway/schema/documents/registry'
import type { SimulatedCluster } from '../cluster.ts'
import { Violation } from './violation.ts'

export async function checkConverged(
  cluster: SimulatedCluster,
  members: readonly RegionId[] = cluster.members,
): Promise<void> {
  const [first, ...others] = members
  if (first === undefined) return
  const parts = partsOf(cluster.database(first))
  const digest = await digestOf(cluster, first)
  for (const other of others) {
    const theirs = partsOf(cluster.database(other))
    for (const [name, entries] of Object.entries(parts)) compare(name, first, entries, other, theirs[name] ?? new Map())
    if ((await digestOf(cluster, other)) !== digest)
      throw new Violation('C3', `${first} and ${other} hold the same and their digests differ`)
  }
  for (const member of members) checkHomes(member, cluster.database(member))
}

function partsOf(database: MemoryDatabase): Readonly<Record<string, ReadonlyMap<string, unknown>>> {
  const everywhere = [...database.documents].filter(([, { document }]) => !kindOf(document.kind)?.home)
  return {
    documents: new Map(
      everywhere.map(([key, { document }]) => [key, [document.heads, document.state, document.index]]),
    ),
    conflicts: new Map([...database.conflicts].filter(([, pairs]) => !pairs.some(({ kind }) => kindOf(kind)?.home))),
    stock: database.stock,
    outcomes: new Map([...database.outcomes].map(([key, byOrigin]) => [key, Object.fromEntries(byOrigin)])),
  }
}

function compare(
  name: string,
  one: RegionId,
  left: ReadonlyMap<string, unknown>,
  other: RegionId,
  right: ReadonlyMap<string, unknown>,
): void {
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const [ours, theirs] = [left.get(key), right.get(key)]
    if (isSame(ours, theirs)) continue
    throw new Violation(
      'C3',
      `${name} differ at ${key.replaceAll('\u0000', ' ')}: ${one} has ${sorted(ours)}, ${other} has ${sorted(theirs)}`,
    )
  }
}

/** The same JSON, whatever the order of names; an absent member is one that is undefined. */
function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (!isPlain(left) || !isPlain(right)) return sorted(left) === sorted(right)
  const names = new Set([...Object.keys(left), ...Object.keys(right)])
  const ours = left as Readonly<Record<string, unknown>>
  const theirs = right as Readonly<Record<string, unknown>>
  for (const name of names) if (!isSame(ours[name], theirs[name])) return false
  return true
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}

/** JSON with sorted names. */
function sorted(value: unknown): string {
  return (
    JSON.stringify(value, (_, member: unknown) =>
      member !== null && typeof member === 'object' && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
        : member,
    ) ?? 'nothing'
  )
}

async function digestOf(cluster: SimulatedCluster, member: RegionId): Promise<string> {
  const region = cluster.region(member)
  if (region === undefined) throw new Error(`${member} is down`)
  return await region.digest()
}

/** A contact lies in its customer's home region alone. */
function checkHomes(region: RegionId, database: MemoryDatabase): void {
  for (const { document } of database.documents.values()) {
    if (!kindOf(document.kind)?.home) continue
    const customer = database.documents.get(`customer/${document.id}`)?.document.state
    if (customer === undefined || customerKind.view(document.id, customer)?.homeRegion !== region)
      throw new Violation('C12', `${region} holds the ${document.kind} of ${document.id}, whose home it is not`)
  }
}
