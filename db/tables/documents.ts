// Documents: the state that views are made of, what lists and searches go by, and the bytes that rebuild them.

import { sql } from 'drizzle-orm'
import { bigint, index, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { binaryText, bytes, hybridTime, searchVector } from './columns.ts'

export const documents = pgTable(
  'documents',
  {
    kind: binaryText('kind').notNull(),
    id: binaryText('id').notNull(),
    /** Hex hashes, sorted, joined by commas. */
    heads: text('heads').notNull(),
    /** `json`, not `jsonb`: nobody looks inside, and it keeps every string that JSON can hold. */
    state: json('state').notNull(),
    indexed: json('indexed').notNull(),
    sortKey: binaryText('sort_key').notNull(),
    owner: binaryText('owner'),
    status: binaryText('status'),
    tags: text('tags').array().notNull(),
    search: searchVector('search').notNull(),
    snapshot: bytes('snapshot'),
    /** What is remembered of its folds; null for a document that was never folded. */
    folds: json('folds'),
    /** The whole document as it was before its last fold, until that is stable. */
    superseded: bytes('superseded'),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.id] }),
    index('documents_by_id').on(table.id),
    index('documents_by_sort_key').on(table.kind, table.sortKey, table.id),
    index('documents_by_owner')
      .on(table.kind, table.owner, table.sortKey, table.id)
      .where(sql`${table.owner} is not null`),
    index('documents_by_status')
      .on(table.kind, table.status, table.sortKey, table.id)
      .where(sql`${table.status} is not null`),
    index('documents_by_tag').using('gin', table.tags),
    index('documents_by_word').using('gin', table.search),
    // Only documents with some history stand in it: those that may have to be folded.
    index('documents_by_history').on(table.kind, table.id).where(sql`octet_length(${table.snapshot}) > 4096`),
  ],
)

/** Changes after the snapshot; `number` grows in the order in which they were applied. */
export const documentChanges = pgTable(
  'document_changes',
  {
    kind: binaryText('kind').notNull(),
    id: binaryText('id').notNull(),
    number: bigint('number', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    bytes: bytes('bytes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.id, table.number] })],
)

/** Every claim to a name, the losing ones too: a claim that is given up lets the next one stand. */
export const documentAliases = pgTable(
  'document_aliases',
  {
    name: binaryText('name').notNull(),
    kind: binaryText('kind').notNull(),
    id: binaryText('id').notNull(),
    time: hybridTime('time').notNull(),
    region: binaryText('region').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.name, table.kind, table.id] }),
    index('document_aliases_by_document').on(table.kind, table.id),
  ],
)
