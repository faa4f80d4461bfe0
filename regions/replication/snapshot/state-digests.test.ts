import { createHash } from 'node:crypto'
import type { StoredDocument } from '@causeway/db/store'
import type { FoldMark } from '@causeway/schema/documents/folding/mark'
import { describe, expect, it } from 'vitest'
import { owedFor } from './owed.ts'
import { StateDigests } from './state-digests.ts'

const hasher = () => {
  const hash = createHash('sha256')
  return { update: (text: string) => void hash.update(text), hex: () => hash.digest('hex') }
}
const index = { sortKey: '', owner: null, status: null, tags: [], aliases: [], searchText: [] }
const documentOf = (kind: string, id: string, head: string): StoredDocument => ({
  ...{ kind, id, heads: [head], state: {}, index },
})

function digestsOf(documents: readonly StoredDocument[], touched: readonly string[]): readonly string[] {
  const digests = new StateDigests(hasher, new Set(touched))
  digests.add({ type: 'documents', rows: documents })
  return digests.digests()
}

const lamp = documentOf('product', 'lamp', 'aa')
const mug = documentOf('product', 'mug', 'bb')

describe('what two members compare', () => {
  it('C10: what only one of them has touched since is left out on both sides, and nothing else is', () => {
    const later = documentOf('product', 'mug', 'cc')
    expect(digestsOf([lamp, mug], ['product/mug'])).toEqual(digestsOf([lamp, later], ['product/mug']))
    expect(digestsOf([lamp, mug], [])).not.toEqual(digestsOf([lamp, later], []))
  })

  it('C10, C12: what stays at home is no part of it', () => {
    expect(digestsOf([documentOf('contact', 'ada', 'dd'), lamp], [])).toEqual(digestsOf([lamp], []))
  })
})

describe('what a snapshot leaves to be done', () => {
  it('C10, C11: the old bytes of a folded document go once the fold is stable, here too', () => {
    const common = { genesis: '', actor: '', size: 1, objects: {}, actors: {}, registers: {}, carried: {} }
    const told = { time: { wallMs: 1, counter: 0 }, heads: [], authors: [] }
    const mark: FoldMark = { ...common, ...told, origin: 'eu', sequence: 7 }
    const folded = { ...lamp, snapshot: null, changes: [], marks: [mark], superseded: Uint8Array.of(1) }
    expect(owedFor(['us'], { eu: 9 }, folded)).toEqual([
      { subject: 'fold', id: 'product/lamp', item: 'eu:7', waitsFor: { origin: 'eu', sequence: 7 } },
    ])
    expect(owedFor(['us'], { eu: 9 }, { ...folded, superseded: null })).toEqual([])
  })
})
