// What a message of the sync means for what a device holds, and that it is stored as it is held.

import { encodeToken } from '@causeway/schema/clock/causal-token'
import { applyEdits, closeDocument, openDocument } from '@causeway/schema/documents/automerge'
import { cartKind } from '@causeway/schema/documents/cart/kind'
import { decodeCursor, encodeCursor } from '@causeway/schema/sync/cursor'
import type { SyncItem, SyncMessage } from '@causeway/schema/sync/items'
import { describe, expect, it } from 'vitest'
import { toBase64 } from './bytes.ts'
import { Confirmed, writesOf } from './confirmed.ts'

const at = { 'eu-west-1': 5 }
const cursor = encodeCursor({ at, seen: at, held: ['s1', 's2'], loading: null })

function message(items: readonly SyncItem[], more: Partial<SyncMessage> = {}): SyncMessage {
  const place = { cursor, at: encodeToken(at), region: 'eu-west-1', regions: ['eu-west-1'], held: ['s1', 's2'] }
  return { ...place, phase: 'LIVE', loaded: 0, total: 0, nowMs: 5_000, items, spans: [], ...more }
}

const product = (id: string, scopes: readonly string[]): SyncItem => ({
  kind: 'product',
  id,
  scopes,
  content: { state: {} },
})

function take(confirmed: Confirmed, given: SyncMessage) {
  const step = confirmed.plan(given, 4_000)
  confirmed.apply(step)
  return step
}

describe('confirmed data', () => {
  it('a span lets go of what the message does not name, within it and in its scope alone', () => {
    const confirmed = new Confirmed()
    take(
      confirmed,
      message([product('a', ['s1']), product('b', ['s1', 's2']), product('c', ['s1']), product('d', ['s1'])]),
    )
    take(
      confirmed,
      message([product('c', ['s1'])], { spans: [{ scope: 's1', kind: 'product', after: null, upTo: 'c' }] }),
    )
    expect(confirmed.ids('product')).toEqual(['b', 'c', 'd'])
    expect(confirmed.get('product', 'b')?.scopes).toEqual(['s2'])
  })

  it('spans of one message that overlap each let go of their own scope, and of nothing twice', () => {
    const confirmed = new Confirmed()
    const both = ['s1', 's2']
    take(confirmed, message(['a', 'b', 'c', 'd', 'e'].map((id) => product(id, id === 'e' ? ['s2'] : both))))
    const span = (scope: string, after: string | null, upTo: string | null) => ({
      scope,
      kind: 'product' as const,
      after,
      upTo,
    })
    const spans = [span('s1', null, 'b'), span('s2', 'a', 'c'), span('s1', 'a', 'b'), span('s2', 'd', null)]
    const step = take(confirmed, message([product('b', ['s2'])], { spans }))
    const left = confirmed.ids('product').map((id) => [id, confirmed.get('product', id)?.scopes])
    expect(Object.fromEntries(left)).toEqual({ a: ['s2'], b: ['s2'], c: ['s1'], d: ['s1', 's2'] })
    expect([...step.items.keys()].sort()).toEqual(['product/a', 'product/b', 'product/c', 'product/e'])
    expect(writesOf(step).filter((write) => 'remove' in write)).toEqual([{ remove: 'item/product/e' }])
  })

  it('spans over everything of two scopes let go of what both held', () => {
    const confirmed = new Confirmed()
    take(confirmed, message([product('a', ['s1', 's2']), product('b', ['s1'])]))
    const spans = ['s1', 's2'].map((scope) => ({ scope, kind: 'product' as const, after: null, upTo: null }))
    take(confirmed, message([], { spans }))
    expect(confirmed.ids('product')).toEqual([])
  })

  it('an item without a scope and one without content are let go of', () => {
    const confirmed = new Confirmed()
    take(confirmed, message([product('a', ['s1']), product('b', ['s1'])]))
    take(confirmed, message([product('a', []), { ...product('b', ['s1']), content: null }]))
    expect(confirmed.ids('product')).toEqual([])
  })

  it('R1: what was stored reads back as it was held', () => {
    const confirmed = new Confirmed()
    const step = take(confirmed, message([product('a', ['s1']), product('b', ['s2'])]))
    const again = new Confirmed()
    again.load(writesOf(step).flatMap((write) => ('put' in write ? [{ key: write.put, value: write.value }] : [])))
    expect(again.place).toEqual({
      cursor,
      at,
      held: ['s1', 's2'],
      region: 'eu-west-1',
      regions: ['eu-west-1'],
      offsetMs: 1_000,
    })
    expect(again.ids('product')).toEqual(['a', 'b'])
    expect(again.covers({ 'eu-west-1': 5 })).toBe(true)
    expect(again.covers({ 'eu-west-1': 6 })).toBe(false)
    expect(again.planUnfollow('s1').items.get('product/a')).toBeNull()
  })

  it('changes of a document go onto it; where they stand on something that is not here, its scope is loaded anew', () => {
    const handle = openDocument(cartKind, null, 'ab'.repeat(16))
    const time = { wallMs: 1, counter: 0 }
    const changes = ['mug', 'cup', 'jug'].map((sku) => {
      const made = applyEdits(handle, [{ map: 'lines', key: sku, value: { quantity: 1 } }], time, 'eu-west-1')
      return toBase64(made?.bytes ?? new Uint8Array())
    })
    closeDocument(handle)
    const confirmed = new Confirmed()
    const cart = (content: SyncItem['content']): SyncItem => ({ kind: 'cart', id: 'c1', scopes: ['s1'], content })
    take(confirmed, message([cart({ snapshot: null, changes: changes.slice(0, 1) })]))
    take(confirmed, message([cart({ since: changes.slice(1, 2) })]))
    expect(confirmed.get('cart', 'c1')?.content).toEqual({ snapshot: null, changes: changes.slice(0, 2) })
    const lacking = new Confirmed()
    const step = take(lacking, message([cart({ since: changes.slice(2) })]))
    expect(step.place.held).toEqual(['s2'])
    expect(decodeCursor(step.place.cursor ?? '').held).toEqual(['s2'])
  })
})
