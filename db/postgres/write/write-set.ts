// A write set as a handful of set-based statements in one round trip. All or none of them stand: they run in the
// transaction that holds the head row.

import type { KnownOutcome } from '@causeway/schema/documents/command'
import type { Renamed } from '../../renamed.ts'
import type { Head, Obligation, StoredCommit, WriteSet } from '../../store.ts'
import { distinctOutcomes, distinctStock } from '../../write-set.ts'
import type { Queries } from '../connection.ts'
import { replaceHead } from '../head.ts'
import { renameArchived } from '../history/rename-segments.ts'
import { encodeTime, jsonList, numbers, packBytes, texts } from '../literals.ts'
import { writeConflicts } from './conflicts.ts'
import { writeDocuments } from './documents.ts'
import { writeStock } from './stock.ts'

export function appendCommits(sql: Queries, commits: readonly StoredCommit[]): Promise<unknown> {
  const sealed = commits.map(({ commit }) => commit)
  const { base64, columns } = packBytes(
    sealed.map(({ hash }) => hash),
    sealed.map(({ previousHash }) => previousHash),
    sealed.map(({ bytes }) => bytes),
  )
  const [hash, previousHash, body] = columns
  return sql`
    with packed as materialized (select decode(${base64}::text, 'base64') as bytes)
    insert into commits
      (position, origin, first_sequence, last_sequence, time, hash, previous_hash, clock, body, touched)
    select s.position, s.origin, s.first_sequence, s.last_sequence, s.time,
      substr(p.bytes, s.hash_start, s.hash_length), substr(p.bytes, s.previous_start, s.previous_length),
      s.clock, substr(p.bytes, s.body_start, s.body_length), s.touched
    from packed p, rows from (unnest(
      ${numbers(commits.map(({ position }) => position))}::bigint[],
      ${texts(sealed.map(({ origin }) => origin))}::text[],
      ${numbers(sealed.map(({ firstSequence }) => firstSequence))}::bigint[],
      ${numbers(sealed.map(({ lastSequence }) => lastSequence))}::bigint[],
      ${numbers(sealed.map(({ time }) => encodeTime(time)))}::bigint[],
      ${hash.starts}::int[], ${hash.lengths}::int[],
      ${previousHash.starts}::int[], ${previousHash.lengths}::int[],
      ${texts(sealed.map(({ clock }) => JSON.stringify(clock)))}::json[],
      ${body.starts}::int[], ${body.lengths}::int[]
    ), json_array_elements(${jsonList(commits.map(({ touched }) => touched))}::text::json)) as s(position, origin, first_sequence, last_sequence, time, hash_start, hash_length, previous_start,
      previous_length, clock, body_start, body_length, touched)`.execute()
}

export function putOutcomes(sql: Queries, outcomes: readonly KnownOutcome[]): Promise<unknown> {
  return sql`
    insert into outcomes (key, origin, sequence, time, input_digest, accepted, command, result, resent)
    select * from unnest(
      ${texts(outcomes.map(({ key }) => key))}::text[], ${texts(outcomes.map(({ origin }) => origin))}::text[],
      ${numbers(outcomes.map(({ sequence }) => sequence))}::bigint[],
      ${numbers(outcomes.map(({ time }) => encodeTime(time)))}::bigint[],
      ${texts(outcomes.map(({ inputDigest }) => inputDigest))}::text[],
      ${texts(outcomes.map(({ accepted }) => String(accepted)))}::boolean[],
      ${texts(outcomes.map(({ command }) => command))}::text[],
      ${texts(outcomes.map(({ result }) => JSON.stringify(result)))}::json[],
      ${texts(outcomes.map(({ resent }) => String(resent)))}::boolean[])
    on conflict (key, origin) do update set
      sequence = excluded.sequence, time = excluded.time, input_digest = excluded.input_digest,
      accepted = excluded.accepted, command = excluded.command, result = excluded.result, resent = excluded.resent
      where outcomes.sequence <= excluded.sequence`.execute()
}

export function addObligations(sql: Queries, obligations: readonly Omit<Obligation, 'number'>[]): Promise<unknown> {
  return sql`
    insert into obligations (subject, id, item, waits_origin, waits_sequence)
    select subject, id, item, waits_origin, waits_sequence from unnest(
      ${texts(obligations.map(({ subject }) => subject))}::text[], ${texts(obligations.map(({ id }) => id))}::text[],
      ${texts(obligations.map(({ item }) => item))}::text[],
      ${texts(obligations.map(({ waitsFor }) => waitsFor?.origin ?? null))}::text[],
      ${texts(obligations.map(({ waitsFor }) => (waitsFor === null ? null : String(waitsFor.sequence))))}::bigint[]
    ) with ordinality as s(subject, id, item, waits_origin, waits_sequence, number) order by number`.execute()
}

/** One after the other: a name that one gives up another may take. */
async function renameCommits(sql: Queries, renames: readonly Renamed[]): Promise<void> {
  for (const { from, to, sequences } of renames) {
    const rows = await sql<{ readonly last_sequence: number }[]>`
      update commits set origin = ${to}
      where origin = ${from} and last_sequence = any(${numbers(sequences)}::bigint[])
      returning last_sequence`
    const found = new Set(rows.map((row) => row.last_sequence))
    const missing = sequences.filter((sequence) => !found.has(sequence))
    if (missing.length > 0) await renameArchived(sql, { from, to, sequences: missing })
  }
}

function settleObligations(sql: Queries, settled: readonly number[]): Promise<unknown> {
  return sql`delete from obligations where number = any(${numbers(settled)}::bigint[])`.execute()
}

/** On top of `before`. Throws what the first failing statement throws, after all have ended. */
export async function write(sql: Queries, before: Head, set: WriteSet, channel: string, sender: string): Promise<void> {
  const { commits, settledObligations, newObligations } = set
  const stock = distinctStock(set.stock)
  const outcomes = distinctOutcomes(set.outcomes)
  const statements = [...writeDocuments(sql, set.documents), ...writeConflicts(sql, set.conflicts)]
  if (set.renamed !== undefined) statements.push(renameCommits(sql, set.renamed))
  if (stock.length > 0) statements.push(writeStock(sql, stock))
  if (commits.length > 0) statements.push(appendCommits(sql, commits))
  if (outcomes.length > 0) statements.push(putOutcomes(sql, outcomes))
  if (settledObligations.length > 0) statements.push(settleObligations(sql, settledObligations))
  if (newObligations.length > 0) statements.push(addObligations(sql, newObligations))
  statements.push(replaceHead(sql, set.head, channel, sender, before))
  const results = await Promise.allSettled(statements)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
