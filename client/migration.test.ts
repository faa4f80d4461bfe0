import { genesisHeads } from '@causeway/schema/documents/automerge'
import { cartKind } from '@causeway/schema/documents/cart/kind'
import { type Patch, type Unit, unitInput, unitJson } from '@causeway/schema/documents/units/unit'
import { describe, expect, it } from 'vitest'
import { type Migration, migrateWork } from './migration.ts'
import type { OutboxEntry } from './outbox/outbox.ts'
import { OutboxShelf } from './outbox/shelf.ts'
import { Layers } from './replica/owned.ts'
import { memoryStorage } from './storage/memory.ts'
import { soloTabs } from './tabs/tabs.ts'

const headsWith = (kind: string, id: string, units: readonly Unit[]) => {
  const layers = new Layers()
  const { heads } = layers.layer(kind, id, null, units)
  layers.close()
  return heads
}

function entry(id: string, name: OutboxEntry['command']['name'], input: object, unanswered = false): OutboxEntry {
  const command = { id, name, input, queuedAt: 0, time: '0'.repeat(13) }
  return { state: 'waiting', command, unanswered, failures: 0, notBefore: 0 }
}

const line = (sku: string): Patch => ({ map: 'lines', key: sku, value: { quantity: 1 } })

/** Each on those before it, as a device makes them. */
function changes(documentId: string, ...skus: readonly string[]): readonly Unit[] {
  const units: Unit[] = []
  for (const [index, sku] of skus.entries())
    units.push({
      ...{ id: `${documentId}.0000000000000000-${index}`, kind: 'cart', documentId, region: 'eu-west-1' },
      ...{ time: { wallMs: 1_700_000_000_000 + index, counter: 0 }, patches: [line(sku)] },
      base: headsWith('cart', documentId, units),
      dependsOn: units.slice(-1).map(({ id }) => id),
    })
  return units
}

const queued = (unit: Unit, unanswered = false) => entry(unit.id, 'change', unitJson(unit), unanswered)

async function stored(...entries: readonly OutboxEntry[]) {
  const storage = await memoryStorage().open('ada')
  const shelf = new OutboxShelf(storage, soloTabs())
  await shelf.put(entries.map((one) => ({ entry: one })))
  const migrate = (migration: Migration) => migrateWork(storage, migration, headsWith)
  await migrate({ version: 1 })
  const inputs = async () => (await shelf.load()).map(({ command }) => command.input)
  return { migrate, inputs, units: async () => (await inputs()).map((input) => unitInput.parse(input)) }
}

/** The old app wrote SKUs in capitals. */
const inSmall: Migration = {
  version: 2,
  migrate: ({ input }) =>
    'patches' in input
      ? {
          ...{ ...input, id: 'another' },
          patches: (input.patches as Patch[]).map((patch) => ({ ...patch, key: patch.key.toLowerCase() })),
        }
      : { ...input, note: 'new' },
}

describe('unsent work of an earlier app', () => {
  it('R6: is brought over once, in its order; what may have been sent stays as it was sent', async () => {
    const [change] = changes('c1', 'MUG') as [Unit]
    const { inputs, migrate } = await stored(
      entry('c1', 'shipOrder', { id: 'o1' }),
      entry('c2', 'shipOrder', { id: 'o2' }, true),
      queued(change),
    )
    const seen: number[] = []
    const second: Migration = {
      version: 2,
      migrate: (work, from) => {
        seen.push(from)
        return inSmall.migrate?.(work, from) ?? {}
      },
    }
    await migrate(second)
    await migrate(second)
    expect(seen).toEqual([1, 1])
    expect(await inputs()).toEqual([
      { id: 'o1', note: 'new' },
      { id: 'o2' },
      unitJson({ ...change, patches: [line('mug')] }),
    ])
  })

  it('R6: a change after one that has become another stands on what that has become; others stay as they were', async () => {
    const [sent, other, after, last] = changes('c1', 'SENT', 'MUG', 'jug', 'CUP') as [Unit, Unit, Unit, Unit]
    const apart = changes('c2', 'mug', 'cup')
    const { units, migrate } = await stored(
      queued(sent, true),
      ...[other, after, ...apart, last].map((one) => queued(one)),
    )
    await migrate(inSmall)
    const brought = { ...other, patches: [line('mug')] }
    const second = { ...after, base: headsWith('cart', 'c1', [sent, brought]) }
    const third = { ...last, patches: [line('cup')], base: headsWith('cart', 'c1', [sent, brought, second]) }
    expect(await units()).toEqual([sent, brought, second, ...apart, third])
    expect(second.base).not.toEqual(after.base)
    expect(third.base).not.toEqual(genesisHeads(cartKind))
  })

  it.each([
    ['of no map of its kind', [{ map: 'wishes', key: 'mug', value: null }]],
    ['that are none', [1]],
  ])('R6: is left as it is where a change would get patches %s', async (_, patches) => {
    const [change] = changes('c1', 'MUG') as [Unit]
    const { units, migrate } = await stored(queued(change))
    await expect(migrate({ version: 2, migrate: ({ input }) => ({ ...input, patches }) })).rejects.toMatchObject({
      code: 'MIGRATION',
    })
    expect(await units()).toEqual([change])
  })

  it('R6: is left as it is where it cannot be brought over, or a newer app has stored it', async () => {
    const [change] = changes('c1', 'MUG') as [Unit]
    const { inputs, migrate } = await stored(entry('c1', 'shipOrder', { id: 'o1' }), queued(change))
    await migrate({ version: 3 })
    await expect(migrate({ version: 2 })).rejects.toMatchObject({ code: 'MIGRATION' })
    const failing: Migration = {
      version: 4,
      migrate: ({ name, input }) => {
        if (name === 'change') throw new Error('no such shape')
        return { ...input, note: 'new' }
      },
    }
    await expect(migrate(failing)).rejects.toMatchObject({ code: 'MIGRATION' })
    expect((await inputs())[0]).toEqual({ id: 'o1' })
  })
})
