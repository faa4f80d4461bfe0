import type { Foldable } from '@causeway/db/history'
import type { Head } from '@causeway/db/store'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { describe, expect, it } from 'vitest'
import { Folder } from './folder.ts'
import { defaultRetention } from './retention.ts'

const members = ['ap', 'eu', 'us']
const documents: readonly Foldable[] = Array.from({ length: 30 }, (_, index) => ({
  kind: 'product',
  id: `p${index}`,
  heads: ['ab'],
}))

/** All agree how far the first life of ap went. */
const fences = {
  retires: [
    {
      ...{ by: 'ap@2', sequence: 1, time: { wallMs: 1, counter: 0 }, region: 'ap', before: 2, members: null },
      ...{ overrides: false, known: ['ap'] },
    },
  ],
  votes: ['ap@2', 'eu', 'us'].map((by) => ({ by, sequence: 1, targets: ['ap@2'], held: { ap: 9 }, hashes: {} })),
}

/** A region that has written three events in its second life, and what the others have shown of theirs. */
function headOf(eu: VersionVector, us: VersionVector): Head {
  return {
    ...{ region: 'ap', origin: 'ap@2', sequence: 3, hash: new Uint8Array(32), time: { wallMs: 1, counter: 0 } },
    fences,
    frontier: { ap: 9, 'ap@2': 3, eu: 5, us: 5 },
    ...{ position: 1, repairs: 0, chainHashes: {}, significant: {}, memberClocks: { eu, us } },
  }
}

function folderOn(head: Head): { readonly folder: Folder; readonly folded: string[] } {
  const folded: string[] = []
  const folder = new Folder({
    ...{ region: 'ap', members, retention: defaultRetention, head: () => head },
    history: { foldable: async () => documents },
    fold: async (chosen) => folded.push(...chosen.map(({ id }) => id)),
  })
  return { folder, folded }
}

describe('finding documents to fold', () => {
  it('C11: a region folds its share, and another one the rest', async () => {
    const { folder, folded } = folderOn(headOf({ 'ap@2': 3, ap: 9, eu: 5 }, { 'ap@2': 1, ap: 9, us: 5 }))
    await folder.step()
    expect(folded.length).toBeGreaterThan(0)
    expect(folded.length).toBeLessThan(documents.length)
  })

  it('C11: a restored region folds nothing that it may have folded in a life it does not remember', async () => {
    const { folder, folded } = folderOn(headOf({ 'ap@2': 3, ap: 9, eu: 5 }, { ap: 9, us: 5 }))
    expect(await folder.step()).toBe(false)
    expect(folded).toEqual([])
  })
})
