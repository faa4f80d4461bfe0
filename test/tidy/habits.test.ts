// Small habits that keep the code honest: nothing typed away, nothing left for later, no float near money.

import { describe, expect, it } from 'vitest'
import { codeOf, linesMatching, sources, withoutComments } from './sources.ts'

// Spelled in pieces, so that this file does not find itself.
const suppressions = new RegExp(
  ['@ts-' + '(?:ignore|expect-error|nocheck)', 'biome-' + 'ignore', 'eslint-' + 'disable'].join('|'),
)
const leftovers = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`)
const switchedOff = /\b(?:it|test|describe)\.(?:skip|only|todo)\(/
const anyType = /(?::\s*|\bas\s+|<|,\s*|\|\s*)any\b(?!\s*\()/
const floats = /\bparseFloat\b|\.toFixed\(|\bMath\.round\(/
/** Reads digits into minor units, and checks that the result is exact; nothing else near money makes numbers of text. */
const amountReader = 'schema/money/money.ts'

describe('habits', () => {
  it('no type is silenced', () => {
    const silenced = sources.flatMap((file) => linesMatching(file, file.text, suppressions))
    const untyped = sources.flatMap((file) => linesMatching(file, codeOf(file.text).replace(/`[^`]*`/g, '``'), anyType))
    expect([...silenced, ...untyped]).toEqual([])
  })

  it('nothing is left for later in the code', () => {
    expect(sources.flatMap((file) => linesMatching(file, file.text, leftovers))).toEqual([])
  })

  it('no test is switched off', () => {
    const off = sources.flatMap((file) => linesMatching(file, withoutComments(file.text), switchedOff))
    expect(off.filter((line) => !line.startsWith('test/tidy/'))).toEqual([])
  })

  it('events of a commit are not parsed in passing', () => {
    // An event's data is parsed when first touched: a loop that takes it apart beside the type parses every event.
    const parsing = /\bof\s+(?:[\w.]+\.)?events\b|\bevents\.(?:forEach|map|flatMap|filter|some|every|find|reduce)\b/
    const takesData = /\{[^{}]*\bdata\b[^{}]*\}\s+of\s|events\.\w+\(\(?\s*\{[^{}]*\bdata\b[^{}]*\}/
    const nodes = sources.filter(
      ({ isTest, path }) => !isTest && /^(?:regions|schema\/(?:validity|documents))\//.test(path),
    )
    const loops = nodes.flatMap((file) => linesMatching(file, codeOf(file.text), parsing))
    expect(loops.length).toBeGreaterThan(5)
    expect(loops.filter((line) => takesData.test(line))).toEqual([])
  })

  it('money is never a float', () => {
    const money = sources.filter((file) => !file.isTest && /^schema\/(?:money\b|documents\/order\b)/.test(file.path))
    expect(money.length).toBeGreaterThan(0)
    expect(money.flatMap((file) => linesMatching(file, codeOf(file.text), floats))).toEqual([])
    const readers = money.flatMap((file) => linesMatching(file, codeOf(file.text), /(?<![.\w])Number\(/))
    expect(readers.filter((line) => !line.startsWith(`${amountReader}:`))).toEqual([])
    expect(money.find((file) => file.path === amountReader)?.text).toContain('isSafeInteger')
  })
})
