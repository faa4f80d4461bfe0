// Incidents: what an operator of the answering region must look at, and the word that it has been dealt with.

import type { Incident } from '@causeway/db/integrity'
import type { UserError } from '@causeway/schema/documents/command'
import { readId } from '@causeway/schema/documents/ids'
import { checkFirst, decodeCursor, encodeCursor, makePage } from '../connection.ts'
import type { RequestContext } from '../context.ts'
import { apiError } from '../errors.ts'

/** Characters of an id that is none, in what is said of it. */
const maximumShownId = 256
/** Characters of a note. */
const maximumNote = 2_000

function toSource({ id, kind, region, entityIds, detail, atMs, resolved }: Incident) {
  const ended = { resolvedAt: resolved?.atMs ?? null, note: resolved?.note ?? null }
  return { __typename: 'Incident' as const, id, kind, region, entityIds, detail, at: atMs, ...ended }
}

interface IncidentsArgs {
  readonly first: number | null
  readonly after?: string | null
  readonly open?: boolean | null
}

async function incidents(_: unknown, args: IncidentsArgs, context: RequestContext) {
  context.requireStaff('The list of incidents')
  const { after, open } = args
  const first = checkFirst(args.first, 50)
  const query = { first: first + 1, after: after == null ? null : readCursor(after), open: open ?? null }
  const rows = await context.region.store.incidents.list(query)
  context.spend(Math.min(rows.length, first))
  return makePage(rows, first, after, (row) => ({
    node: toSource(row),
    cursor: encodeCursor('incidents', [row.atMs, row.id]),
  }))
}

function readCursor(cursor: string): Pick<Incident, 'atMs' | 'id'> {
  const [atMs, id] = decodeCursor('incidents', cursor, ['number', 'string'])
  if (!Number.isSafeInteger(atMs)) throw apiError('BAD_USER_INPUT', '`after` is no cursor of this list.')
  return { atMs: Number(atMs), id: String(id) }
}

export async function loadIncident(id: string, context: RequestContext) {
  if (!context.isStaff) return null
  const incident = await context.region.store.incidents.find(id)
  return incident === null ? null : toSource(incident)
}

interface ResolveArgs {
  readonly input: { readonly id: string; readonly note: string }
}

async function resolve(_: unknown, { input }: ResolveArgs, context: RequestContext) {
  const { id, note } = input
  const refuse = (error: UserError) => ({ incident: null, userErrors: [error] })
  if (!context.principal.roles.includes('operator')) {
    return refuse({ code: 'FORBIDDEN', message: 'Incidents are resolved by operators.' })
  }
  if (note.trim() === '' || note.length > maximumNote) {
    const message = `Say what was done, in 1 to ${maximumNote} characters.`
    return refuse({ code: 'INVALID', message, field: ['note'] })
  }
  const { region, ports } = context
  const resolved = await region.resolveIncident(id, ports.clock.now(), note.trim())
  if (resolved === null) return refuse({ code: 'NOT_FOUND', message: notFound(id, region.id), field: ['id'] })
  return { incident: toSource(resolved), userErrors: [] }
}

function notFound(given: string, here: string): string {
  const id = given.slice(0, maximumShownId)
  const parts = readId(id)
  if (parts?.type !== 'incident' || parts.region === here) return `There is no incident ${id}.`
  return `${here} knows no incident of ${parts.region}: ask ${parts.region} itself, by the header causeway-region.`
}

export const incidentResolvers = {
  Query: { incidents },
  Mutation: { resolveIncident: resolve },
}
