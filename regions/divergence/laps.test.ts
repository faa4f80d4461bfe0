// More differs between two regions than one round looks into: rounds go round, and what is known of it stays known meanwhile.

import { createHash } from 'node:crypto'
import { createMemoryDatabase } from '@causeway/db/memory/database'
import { createMemoryStore } from '@causeway/db/memory/store'
import type { Store } from '@causeway/db/store'
import { emptyCells, mainLocation } from '@causeway/schema/stock/row'
import { describe, expect, it } from 'vitest'
import type { DigestRequest } from '../replication/peer.ts'
import { DivergenceAnswers } from './answers.ts'
import { compareTable, Lap } from './compare.ts'
import { Digester } from './digester.ts'
import { Findings } from './findings.ts'
import { wholeLevel } from './range-tree.ts'

const crypto = { sha256: (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest()) }
const skus = Array.from({ length: 2_600 }, (_, index) => `sku-${String(index).padStart(4, '0')}`)

/** A row of each SKU. */
function stocked(region: string, received: (sku: string) => number, held = skus): Store {
  const database = createMemoryDatabase(region)
  for (const sku of held) {
    const row = { sku, location: mainLocation, holder: region, givenIn: 0 }
    database.stock.set(sku, { ...row, holder: 'us', cells: { ...emptyCells, received: received(sku) } })
  }
  return createMemoryStore({ region, database })
}

/** Rounds of one region at another one; the answer to each is the SKUs that it found. */
async function rounds(here: Store, there: Store, fails: (request: DigestRequest) => boolean = () => false) {
  const scan = await new Digester(here, crypto.sha256).scan({ pause: async () => {} })
  const answers = new DivergenceAnswers({
    ...{ store: there, crypto, digester: new Digester(there, crypto.sha256) },
    ...{ frontier: () => ({}), logRanges: () => [], beside: () => new Map() },
  })
  const lap = new Lap()
  let number = 0
  const next = async () => {
    lap.begin(++number)
    const found = new Set<string>()
    const ask = async (request: DigestRequest) => {
      if (fails(request)) throw new Error('no answer in time')
      return await answers.digests(request)
    }
    try {
      const setting = { store: here, crypto, ask, reach: async () => true }
      for await (const key of compareTable(setting, 'stock', scan, lap)) found.add(key.split(' ')[0] ?? '')
    } catch {}
    return found
  }
  return { lap, next }
}

const union = (...sets: readonly ReadonlySet<string>[]) => new Set(sets.flatMap((set) => [...set]))

describe('more than one round looks into', () => {
  it('C9: is looked at a part in each round, to the end and from the beginning again', async () => {
    const { lap, next } = await rounds(
      stocked('us', () => 1),
      stocked('eu', () => 2),
    )
    const first = await next()
    expect(first.size).toBeGreaterThan(1_000)
    expect(first.size).toBeLessThan(skus.length)
    expect(lap.wholeSince).toBe(0)
    const second = await next()
    expect([...second].some((sku) => !first.has(sku))).toBe(true)
    let seen = union(first, second)
    for (let more = 0; lap.wholeSince === 0 && more < 3; more += 1) seen = union(seen, await next())
    expect(seen.size).toBe(skus.length)
    expect(lap.wholeSince).toBe(1)
    expect(await next()).toEqual(first)
  })

  it('C9: where a peer does not tell some of it in time, the next round goes on behind that', async () => {
    let isFirst = true
    const [slow, fine] = [skus[0] ?? '', skus.at(-1) ?? '']
    const isSlow = ({ level, after }: DigestRequest) => {
      // The first range of rows that is asked for is never told.
      if (level < wholeLevel || after !== null) return false
      isFirst = false
      return true
    }
    const differing = new Set([slow, fine])
    const { next } = await rounds(
      stocked('us', () => 1),
      stocked('eu', (sku) => (differing.has(sku) ? 2 : 1)),
      isSlow,
    )
    expect(await next()).toEqual(new Set())
    expect(isFirst).toBe(false)
    expect(await next()).toEqual(new Set([fine]))
  })

  it('C9: of a range with more rows than are told at once, the rest is looked at next', async () => {
    const { next } = await rounds(
      stocked('us', () => 1, []),
      stocked('eu', () => 1),
    )
    const parts = [await next(), await next(), await next()]
    expect(parts.map(({ size }) => size)).toEqual([1_000, 1_000, 600])
    expect(union(...parts).size).toBe(skus.length)
  })
})

describe('what was found', () => {
  it('C9: stays open until all that differs was looked at again', () => {
    const findings = new Findings()
    const round = (wholeSince: number, found: boolean) => {
      const number = findings.begin(0)
      if (found) findings.open('stock/mug', 'it differs')
      findings.end(0, () => wholeSince)
      return { number, open: findings.status().open.length }
    }
    expect(round(0, true)).toEqual({ number: 1, open: 1 })
    expect(round(0, false)).toEqual({ number: 2, open: 1 })
    // The lap that began in the first round is over: it was found in that.
    expect(round(1, false)).toEqual({ number: 3, open: 1 })
    // And so is the next one, which did not find it.
    expect(round(4, false)).toEqual({ number: 4, open: 0 })
  })

  it('C9: and cannot be put right keeps no other row from being held against the log', () => {
    const findings = new Findings()
    findings.begin(0)
    findings.looked('stock/cap', false)
    expect(findings.isSettled('stock/cap')).toBe(true)
    expect(findings.stillDiffers('stock/cap')).toContain('backup')
    for (let more = 0; more < 4; more += 1) findings.begin(0)
    expect(findings.isSettled('stock/cap')).toBe(false)
    expect(findings.leastLooked(['stock/cap', 'stock/mug'])).toEqual(['stock/mug', 'stock/cap'])
  })

  it('C9: a peer that does not put its rows right is told of, though a lap takes longer than rows are remembered', () => {
    const findings = new Findings()
    let told: string | null = null
    // Seen in every seventh round, as a lap takes so many.
    for (let round = 1; round <= 22; round += 1) {
      findings.begin(0)
      if (round % 7 === 1) {
        findings.looked('stock/mug', true)
        told = findings.stillDiffers('stock/mug')
      }
      findings.end(0, () => Math.max(0, Math.floor((round - 1) / 7) * 7 - 6))
    }
    expect(told).toContain('that region has not put it right')
  })
})
