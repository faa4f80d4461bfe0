import { access, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { InertReplacement, replaceOnce } from '../run/bundle.ts'
import { mutations } from './all.ts'
import { rowsIn, tableBegin, tableEnd, withRow } from './table.ts'

const root = new URL('../../..', import.meta.url)

describe('code broken on purpose', () => {
  it.each(mutations)('$id can still be broken: $breaks', async ({ replacements }) => {
    const sources = new Map<string, string>()
    for (const replacement of replacements) {
      const source = sources.get(replacement.file) ?? (await readFile(new URL(replacement.file, root), 'utf8'))
      const broken = replaceOnce(source, replacement)
      expect(broken).not.toBe(source)
      sources.set(replacement.file, broken)
    }
  })

  it('every id is there once, and a guard names a mutation that takes it away', () => {
    const ids = mutations.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { guard } of mutations) if (guard) expect(ids).toContain(guard.together)
  })

  it('every rule that holds now is broken in some way', async () => {
    const [held = ''] = (await readFile(new URL('docs/SPEC.md', root), 'utf8')).split('## Promised, not yet built')
    const rules = [...held.matchAll(/^- \*\*([A-Z]\d+)\*\*/gm)].map(([, rule = '']) => rule)
    expect(rules.length).toBeGreaterThan(40)
    const broken = new Set(mutations.map(({ id }) => /^[A-Z]\d+/.exec(id)?.[0]))
    expect(rules.filter((rule) => !broken.has(rule))).toEqual([])
  })

  it('a mutation that names a test names one that is there', async () => {
    for (const { test } of mutations)
      if (test !== undefined) await expect(access(new URL(test, root))).resolves.toBeUndefined()
  })

  it('every mutation has a row in docs/SIMULATION.md, and every row a mutation that breaks what it says', async () => {
    const page = await readFile(new URL('docs/SIMULATION.md', root), 'utf8')
    const rows = rowsIn(page.slice(page.indexOf(tableBegin), page.indexOf(tableEnd)))
    expect([...rows].map(([id, row]) => [id, row.split('|')[2]?.trim()])).toEqual(
      mutations.map(({ id, breaks }) => [id, breaks]),
    )
  })

  it('a row that is found again takes the place of the one before, and the others stay as they are', () => {
    const page = `before\n${tableBegin}\n| B | old |\n| gone | old |\n${tableEnd}\nafter`
    const once = withRow(page, ['A', 'B', 'C'], 'A', '| A | new |')
    expect([...rowsIn(once.slice(once.indexOf(tableBegin)))]).toEqual([
      ['A', '| A | new |'],
      ['B', '| B | old |'],
    ])
    expect(withRow(once, ['A', 'B', 'C'], 'B', '| B | new |')).toContain('| A | new |\n| B | new |\n')
    expect([once.startsWith('before\n'), once.endsWith('\nafter')]).toEqual([true, true])
  })

  it('a text that is there twice, or not at all, is not replaced', () => {
    const replacement = { file: fileURLToPath(import.meta.url), search: 'a', replacement: 'b' }
    expect(() => replaceOnce('aa', replacement)).toThrow(InertReplacement)
    expect(() => replaceOnce('', replacement)).toThrow(InertReplacement)
  })
})
