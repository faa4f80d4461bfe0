// Money and quantities are whole numbers: of minor units, of pieces. No float comes near them, and none is made on the way in or
// out: what could make one is not to be found in the code that handles them, but for the places that say why they may.

import { describe, expect, it } from 'vitest'
import { codeOf, linesMatching, type SourceFile, sources } from './sources.ts'

/** Folders of code that handles amounts or units. */
const exactRooms = [
  'schema/money/',
  'schema/stock/',
  'schema/documents/order/',
  'schema/documents/lease/',
  'schema/documents/product/',
  'regions/stock/',
  'regions/graphql/resolvers/',
]

const makersOfFloats: Readonly<Record<string, RegExp>> = {
  'reads a number from text': /\bparseFloat\b|\bparseInt\b|(?<![.\w])Number\(/,
  'writes a float as text': /\.to(?:Fixed|Precision|Exponential)\(/,
  'rounds, so it had a fraction': /\bMath\.(?:round|floor|ceil|trunc|fround)\b/,
  divides: /[\w)\]]\s\/=?\s[\w(]/,
  'is a fraction': /(?<![\w.'])\d+\.\d+/,
  'holds floats': /\bFloat(?:16|32|64)Array\b|\bdoublePrecision\(|\breal\(/,
}

const wholeDivision = 'a whole number divided and rounded down in one step, far below 2^53'
const estimate = 'an estimate of demand, which says how much to ask for; what is given is whole'
const pageCursor = 'the cursor of a page'

/** File, what is found there, and why no amount of money or stock becomes a fraction by it. */
const allowed: readonly (readonly [path: string, maker: string, reason: string])[] = [
  [
    'schema/money/money.ts',
    'reads a number from text',
    'digits alone, checked to be exact; its property test holds it',
  ],
  ['schema/stock/gifts.ts', 'divides', wholeDivision],
  ['schema/stock/gifts.ts', 'rounds, so it had a fraction', wholeDivision],
  ['schema/stock/lease/device.ts', 'rounds, so it had a fraction', 'a time of the device'],
  ['regions/stock/demand.ts', 'divides', estimate],
  ['regions/stock/demand.ts', 'rounds, so it had a fraction', estimate],
  ['regions/stock/demand.ts', 'is a fraction', estimate],
  ['regions/stock/rights-broker.ts', 'is a fraction', 'the weight of the newest round trip'],
  ['regions/stock/rights-metrics.ts', 'divides', 'milliseconds as seconds'],
  ['regions/graphql/resolvers/event.ts', 'reads a number from text', pageCursor],
  ['regions/graphql/resolvers/incident.ts', 'reads a number from text', pageCursor],
  ['regions/graphql/resolvers/product.ts', 'reads a number from text', pageCursor],
]

interface Finding {
  readonly path: string
  readonly maker: string
  readonly line: string
}

function findMakers(file: SourceFile): readonly Finding[] {
  const code = codeOf(file.text)
  return Object.entries(makersOfFloats).flatMap(([maker, pattern]) =>
    linesMatching(file, code, pattern).map((line) => ({ path: file.path, maker, line })),
  )
}

const exact = sources.filter(({ path, isTest }) => !isTest && exactRooms.some((room) => path.startsWith(room)))
const findings = exact.flatMap(findMakers)
const isAllowed = ({ path, maker }: Finding) => allowed.some(([file, what]) => file === path && what === maker)

describe('money and quantities', () => {
  it('are looked for where they are', () => {
    expect(exact.length).toBeGreaterThan(40)
    expect(exactRooms.filter((room) => !exact.some(({ path }) => path.startsWith(room)))).toEqual([])
  })

  it('are whole numbers: nothing makes a float of them', () => {
    expect(findings.filter((finding) => !isAllowed(finding)).map(({ maker, line }) => `${maker}: ${line}`)).toEqual([])
  })

  it('have no allowance that nothing needs any more', () => {
    const idle = allowed.filter(([path, maker]) => !findings.some((one) => one.path === path && one.maker === maker))
    expect(idle).toEqual([])
  })

  it.each([
    ['reads a number from text', 'const price = Number(amount)'],
    ['reads a number from text', 'const price = parseFloat(amount)'],
    ['writes a float as text', 'return (minor * rate).toFixed(2)'],
    ['rounds, so it had a fraction', 'return Math.round(minor)'],
    ['divides', 'return minor / places'],
    ['divides', 'minor /= 100'],
    ['is a fraction', 'const tax = minor * 0.2'],
    ['holds floats', 'const amounts = new Float64Array(8)'],
  ])('would be found out: %s by %s', (maker, code) => {
    const found = findMakers({
      path: 'schema/money/new.ts',
      room: 'schema',
      isTest: false,
      text: `// 1.5 / 2\n${code}\n`,
    })
    expect(found.map((one) => one.maker)).toEqual([maker])
  })
})
