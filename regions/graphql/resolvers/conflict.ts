// The conflict log as a list: pairs that hang together are one conflict, which stands where its newest pair does.

import type { StoreView } from '@causeway/db/views'
import { type ConflictPair, pathKey, placeOf } from '@causeway/schema/documents/conflicts/conflict'
import { type ConflictGroup, groupPairs } from '@causeway/schema/documents/conflicts/policies'
import { conflictId } from '@causeway/schema/documents/ids'
import { kindOf } from '@causeway/schema/documents/registry'
import { checkFirst, decodeCursor, encodeCursor, makePage } from '../connection.ts'
import type { RequestContext } from '../context.ts'

function toSource({ id, newest, sides }: ConflictGroup) {
  return {
    __typename: 'Conflict' as const,
    id: conflictId(id),
    documentId: newest.document,
    path: newest.path,
    values: sides.map(({ value, region, time }) => ({ value, region, at: time.wallMs })),
    policy: newest.policy,
    detectedAt: newest.later.time.wallMs,
  }
}

interface ConflictsArgs {
  readonly first: number | null
  readonly after?: string | null
  readonly documentId?: string | null
}

/** Pairs looked at for one page; a conflict of more of them gives a short page that can be gone on from. */
const pairsPerRead = 200
const maximumReads = 50

async function conflicts(_: unknown, args: ConflictsArgs, context: RequestContext) {
  context.requireStaff('The list of conflicts')
  const first = checkFirst(args.first, 50)
  const log = context.view.conflicts
  const start = args.after == null ? null : String(decodeCursor('conflicts', args.after, ['string'])[0])
  const { groups, stoppedAt } = await scan(log, start, first, args.documentId ?? undefined)
  context.spend(Math.min(groups.length, first))
  const page = makePage(groups, first, args.after, (group) => ({
    node: toSource(group),
    cursor: cursorOf(group.newest),
  }))
  const keptPairs = () => log.count()
  if (stoppedAt === null || groups.length > first) return { ...page, keptPairs }
  return { ...page, pageInfo: { ...page.pageInfo, hasNextPage: true, endCursor: cursorOf(stoppedAt) }, keptPairs }
}

function cursorOf(pair: ConflictPair): string {
  return encodeCursor('conflicts', [placeOf(pair)])
}

/** `stoppedAt`: the last pair that was looked at, where there are more. */
async function scan(log: StoreView['conflicts'], start: string | null, first: number, document: string | undefined) {
  const groups: ConflictGroup[] = []
  let after = start
  for (let read = 0; read < maximumReads; read += 1) {
    const pairs = await log.newest({ after, limit: pairsPerRead, ...(document !== undefined && { document }) })
    const last = pairs.at(-1)
    if (last === undefined) break
    after = placeOf(last)
    const shown = pairs.filter(({ kind }) => !kindOf(kind)?.home)
    const byNewest = new Map((await groupsAt(log, shown)).map((group) => [group.newest.id, group]))
    groups.push(...shown.flatMap(({ id }) => byNewest.get(id) ?? []))
    if (groups.length > first || pairs.length < pairsPerRead) break
    if (read === maximumReads - 1) return { groups, stoppedAt: last }
  }
  return { groups, stoppedAt: null }
}

async function groupsAt(
  log: StoreView['conflicts'],
  pairs: readonly ConflictPair[],
): Promise<readonly ConflictGroup[]> {
  const paths = new Map(pairs.map((pair) => [pathKey(pair), pair]))
  const byPath = new Map<string, ConflictPair[]>([...paths.keys()].map((key) => [key, []]))
  for (const pair of await log.at([...paths.values()])) byPath.get(pathKey(pair))?.push(pair)
  return [...byPath.values()].flatMap(groupPairs)
}

/** The conflict that a pair belongs to; null where it is not kept, or the caller may not see it. */
export async function loadConflict(pairId: string, context: RequestContext) {
  if (!context.isStaff) return null
  const log = context.view.conflicts
  const pair = await log.find(pairId)
  if (pair === null || kindOf(pair.kind)?.home) return null
  const groups = groupPairs(await log.at([pair]))
  const holds = ({ sides }: ConflictGroup) => sides.some(({ change }) => change === pair.later.change)
  const group = groups.find(holds)
  return group === undefined ? null : toSource(group)
}

export const conflictResolvers = { Query: { conflicts } }
