// docs/SPEC.md and the tests say the same: a rule that holds now has a test that names it, and no test names a rule
// that is not there.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository, sources } from './sources.ts'

const specification = readFileSync(join(repository, 'docs/SPEC.md'), 'utf8')
const promisedHeading = '## Promised, not yet built'

function rulesIn(text: string): string[] {
  return [...text.matchAll(/^- \*\*([A-Z]\d{1,2})\*\*/gm)].map((found) => found[1] ?? '')
}

const [heldText = '', promisedText = ''] = specification.split(promisedHeading)
const held = rulesIn(heldText)
const promised = rulesIn(promisedText)

/** Rule ids in the titles of tests: `it('W1: …')`, `test('S1, S5: …')`, `describe('I2 and I3 …')`. */
function citedIn(text: string): string[] {
  const titles = text.matchAll(
    /\b(?:it|test|describe)(?:\.\w+)*(?:\([^'"`()]*\))?\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g,
  )
  return [...titles].flatMap((title) =>
    [...(title[2] ?? '').matchAll(/\b([WCMSIGRQ]\d{1,2})\b/g)].map((found) => found[1] ?? ''),
  )
}

const cited = new Map<string, string>()
for (const file of sources) {
  if (!file.isTest) continue
  for (const id of citedIn(file.text)) if (!cited.has(id)) cited.set(id, file.path)
}

describe('rules', () => {
  it('the specification has rules, each once', () => {
    expect(held.length).toBeGreaterThan(20)
    const all = [...held, ...promised]
    expect(all.filter((id, index) => all.indexOf(id) !== index)).toEqual([])
  })

  it('every rule that holds now is named by a test', () => {
    expect(held.filter((id) => !cited.has(id))).toEqual([])
  })

  it('every rule that a test names is in the specification', () => {
    const unknown = [...cited].filter(([id]) => !held.includes(id) && !promised.includes(id))
    expect(unknown.map(([id, path]) => `${id} in ${path}`)).toEqual([])
  })
})
