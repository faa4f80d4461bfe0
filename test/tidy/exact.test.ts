// Money and quantities are whole numbers: of minor units, of pieces. No float comes near them, and none is made on the way in or
// out: what could make one is not to be found in the code that handles them, but for the places that say why they may.

import { describe, expect, it } from 'vitest'
import { codeOf, linesMatching, type SourceFile, sources } from './sources.ts'

/** Folders of code that handles amounts or units. */
const exactRooms = [
  'schema/money/',
  'schema/stock/',
  'schema/documents/',
  'schema/commit/',
  'schema/validity/',
  'schema/fence/',
  'schema/sync/',
  'db/tables/',
  'db/memory/',
  'db/postgres/',
  'regions/committer/',
  'regions/settlement/',
  'regions/stock/',
  'regions/graphql/',
  'client/replica/',
  'client/leases/',
  'cli/online-retail/',
  'cli/verify/',
]

const makersOfFloats: Readonly<Record<string, RegExp>> = {
  // By name, as a function that is handed on, by a plus sign, or by a schema that lets fractions through.
  'reads a number from text':
    /\bparseFloat\b|\bparseInt\b|\bNumber\b(?!\.)|\bvalueAsNumber\b|\bcoerce\.number\b|\bz\.number\(\)(?!\.int\b)|(?:[=(,:?[{&|<>]|\breturn)\s*\+(?![+=])/,
  'writes a float as text': /\.to(?:Fixed|Precision|Exponential|LocaleString)\(|\bNumberFormat\b/,
  // Of all that `Math` does, these four leave whole numbers whole.
  'rounds, so it had a fraction': /\bMath\.(?!(?:min|max|abs|sign)\b)|\bMath\[|~~/,
  divides: /[\w)\]}!'`"]\s\/=?(?:\s|$)/,
  'is a fraction': /(?<![\w.'])\d*\.\d+|\d[eE]-\d|\*\*=?\s*-/,
  'holds floats':
    /\bFloat(?:16|32|64)(?:Array)?\b|\b(?:doublePrecision|real|numeric|decimal)\(|::\s*(?:float|real|double|numeric|decimal)/,
}

const wholeDivision = 'a whole number divided and rounded down in one step, far below 2^53'
const estimate = 'an estimate of demand, which says how much to ask for; what is given is whole'
const pageCursor = 'the cursor of a page'
const place = 'a place in a list or a log, by its digits'
const header = 'milliseconds or a count of regions, by their digits'
const speed = 'how long it took, and how fast it went'

/** File, what is found there and on how many lines, and why no amount of money or stock becomes a fraction by it. */
const allowed: readonly (readonly [path: string, maker: string, lines: number, reason: string])[] = [
  [
    'schema/money/money.ts',
    'reads a number from text',
    1,
    'digits alone, checked to be exact; its property test holds it',
  ],
  ['schema/stock/gifts.ts', 'divides', 2, wholeDivision],
  ['schema/stock/gifts.ts', 'rounds, so it had a fraction', 2, wholeDivision],
  ['schema/documents/ids.ts', 'reads a number from text', 1, place],
  ['schema/documents/folding/elements.ts', 'reads a number from text', 1, place],
  ['schema/documents/parsing.ts', 'reads a number from text', 1, 'a date as milliseconds'],
  ['schema/documents/fact-change.ts', 'divides', 1, 'digits of an actor, two for each byte'],
  ['schema/validity/document-rule.ts', 'reads a number from text', 1, place],
  ['schema/commit/bytes.ts', 'divides', 2, 'seven bits of a whole number after the other; its property tests hold it'],
  ['schema/commit/bytes.ts', 'rounds, so it had a fraction', 1, 'seven bits of a whole number after the other'],
  ['schema/documents/testing/small-device.ts', 'rounds, so it had a fraction', 1, 'the seal of a device in tests'],
  ['schema/fence/salvage.ts', 'reads a number from text', 1, 'a time in milliseconds'],
  ['schema/sync/cursor.ts', 'reads a number from text', 1, place],
  ['db/memory/search.ts', 'is a fraction', 1, 'the rank of what a search finds'],
  ['db/postgres/queries.ts', 'holds floats', 1, 'the rank of what a search finds'],
  [
    'db/postgres/connection.ts',
    'reads a number from text',
    1,
    'whole columns, which no cell and no time takes beyond 2^53',
  ],
  ['db/postgres/literals.ts', 'reads a number from text', 1, 'the two halves of a time, divided as big integers'],
  ['db/postgres/literals.ts', 'divides', 1, 'the two halves of a time, divided as big integers'],
  ['regions/committer/executor.ts', 'divides', 1, 'a share of the time that is left'],
  ['regions/committer/group-commit.ts', 'divides', 1, 'the middle of a list'],
  ['regions/committer/group-commit.ts', 'rounds, so it had a fraction', 1, 'the middle of a list'],
  ['regions/committer/keys.ts', 'reads a number from text', 1, 'a name that looks like an index'],
  ['regions/graphql/consistency.ts', 'reads a number from text', 2, header],
  ['regions/graphql/request.ts', 'reads a number from text', 3, header],
  ['regions/graphql/request.ts', 'divides', 1, 'a share of the time that is left'],
  ['client/leases/fates.ts', 'reads a number from text', 1, 'the Int of an answer'],
  ['client/leases/sending.ts', 'reads a number from text', 2, place],
  ['cli/online-retail/rows.ts', 'reads a number from text', 3, 'digits alone, of whole pence and whole pieces'],
  ['cli/online-retail/rows.ts', 'is a fraction', 1, 'a pattern: some files write numbers of customers so'],
  ['cli/online-retail/lanes.ts', 'divides', 1, speed],
  ['cli/online-retail/place-orders.ts', 'divides', 2, speed],
  ['cli/online-retail/place-orders.ts', 'rounds, so it had a fraction', 1, speed],
  ['cli/online-retail/progress.ts', 'divides', 3, speed],
  ['cli/online-retail/progress.ts', 'rounds, so it had a fraction', 2, speed],
  ['cli/online-retail/progress.ts', 'is a fraction', 1, speed],
  ['cli/online-retail/progress.ts', 'writes a float as text', 2, speed],
  ['cli/online-retail/report.ts', 'divides', 6, speed],
  ['cli/online-retail/report.ts', 'rounds, so it had a fraction', 3, speed],
  ['cli/online-retail/report.ts', 'is a fraction', 1, speed],
  ['cli/online-retail/report.ts', 'writes a float as text', 3, speed],
  ['cli/verify/quiet.ts', 'divides', 1, 'milliseconds as seconds'],
  ['cli/verify/region-state.ts', 'reads a number from text', 1, 'sequences of a frontier'],
  ['schema/stock/lease/device.ts', 'rounds, so it had a fraction', 1, 'a time of the device'],
  ['regions/stock/demand.ts', 'divides', 3, estimate],
  ['regions/stock/demand.ts', 'rounds, so it had a fraction', 4, estimate],
  ['regions/stock/demand.ts', 'is a fraction', 1, estimate],
  ['regions/stock/rights-broker.ts', 'is a fraction', 1, 'the weight of the newest round trip'],
  ['regions/stock/rights-metrics.ts', 'divides', 1, 'milliseconds as seconds'],
  ['regions/graphql/resolvers/event.ts', 'reads a number from text', 1, pageCursor],
  ['regions/graphql/resolvers/incident.ts', 'reads a number from text', 1, pageCursor],
  ['regions/graphql/resolvers/product.ts', 'reads a number from text', 1, pageCursor],
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
const found = (path: string, maker: string) => findings.filter((one) => one.path === path && one.maker === maker)
/** In a file that may do it somewhere it may not do it everywhere. */
const isAllowed = ({ path, maker }: Finding) =>
  allowed.some(([file, what, lines]) => file === path && what === maker && found(path, maker).length <= lines)

describe('money and quantities', () => {
  it('are looked for where they are', () => {
    expect(exact.length).toBeGreaterThan(40)
    expect(exactRooms.filter((room) => !exact.some(({ path }) => path.startsWith(room)))).toEqual([])
  })

  it('are whole numbers: nothing makes a float of them', () => {
    expect(findings.filter((finding) => !isAllowed(finding)).map(({ maker, line }) => `${maker}: ${line}`)).toEqual([])
  })

  it('have no allowance that nothing needs any more', () => {
    const idle = allowed.filter(([path, maker, lines]) => found(path, maker).length < lines)
    expect(idle).toEqual([])
  })

  it('have no Float in the API: that is for times, rates and bytes', () => {
    const declared = sources
      .filter(({ path }) => path.startsWith('schema/sdl/'))
      .flatMap(({ text }) => [...text.matchAll(/^\s*(\w+)(?:\([^)]*\))?: \[?Float\b/gm)].map((found) => found[1] ?? ''))
    expect(declared.length).toBeGreaterThan(3)
    expect(declared.filter((name) => !/(?:Ms|Rate|bytesPer\w+)$/.test(name))).toEqual([])
  })

  it.each([
    ['reads a number from text', 'const price = Number(amount)'],
    ['reads a number from text', 'const price = parseFloat(amount)'],
    ['reads a number from text', 'const price = +amount'],
    ['reads a number from text', 'return sum(+left, right)'],
    ['reads a number from text', 'const prices = amounts.map(Number)'],
    ['reads a number from text', 'const price = globalThis.Number(amount)'],
    ['reads a number from text', 'const quantityInput = z.number().min(1)'],
    ['reads a number from text', 'const quantityInput = z.coerce.number().int()'],
    ['writes a float as text', 'return (minor * rate).toFixed(2)'],
    ['writes a float as text', 'return minor.toLocaleString()'],
    ['rounds, so it had a fraction', 'return Math.round(minor)'],
    ['divides', 'return minor / places'],
    ['divides', 'minor /= 100'],
    ['divides', 'const share =\n  minor /\n  places'],
    ['divides', 'const share = minor / -places'],
    ['divides', 'const share = lines[0]! / places'],
    ['rounds, so it had a fraction', 'return Math.sqrt(minor)'],
    ['rounds, so it had a fraction', 'return ~~(minor * rate)'],
    ['is a fraction', 'const tax = minor * 2e-1'],
    ['is a fraction', 'const tax = minor * 10 ** -2'],
    ['holds floats', 'const rows = sql`select cells::float8 from stock`'],
    ['holds floats', 'const amount = numeric({ scale: 2 })'],
    ['is a fraction', 'const tax = minor * 0.2'],
    ['holds floats', 'const amounts = new Float64Array(8)'],
  ])('would be found out: %s by %s', (maker, code) => {
    const makers = findMakers({
      path: 'schema/money/new.ts',
      room: 'schema',
      isTest: false,
      text: `// 1.5 / 2\n${code}\n`,
    })
    expect(makers.map((one) => one.maker)).toEqual([maker])
  })
})
