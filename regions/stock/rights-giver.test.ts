import { describe, expect, it } from 'vitest'
import type { Committed } from '../committer/pending.ts'
import type { RightsRequest } from '../replication/peer.ts'
import { keptAnswers, maximumAsked, RightsGiver } from './rights-giver.ts'

const wish = { sku: 'mug', units: 4, least: 1, extra: 0, held: 0, low: 0, perHour: 0, sinceMs: 1 }
const request: RightsRequest = { requestId: 'r1', to: 'us', items: [wish] }

function giverThat(give: () => Promise<Committed>) {
  let runs = 0
  const giver = new RightsGiver({
    region: 'eu',
    ports: { clock: { now: () => 1_000 }, timers: { after: () => () => {} } },
    origin: () => 'eu',
    need: () => ({ low: 0, perHour: 0 }),
    give: () => {
      runs += 1
      return give()
    },
  })
  return { giver, runs: () => runs }
}

const gift: Committed = {
  status: 'accepted',
  result: { items: [{ sku: 'mug', units: 4 }] },
  position: { origin: 'eu', sequence: 7 },
  token: { eu: 7 },
  changed: new Map(),
}

describe('a giver of rights', () => {
  it('S3: a request that comes over both lines of a link is run, and counted, once', async () => {
    const { giver, runs } = giverThat(async () => gift)
    const [first, second] = await Promise.all([giver.answer(request), giver.answer(request)])
    expect(first).toEqual({ items: [{ sku: 'mug', units: 4 }], position: { origin: 'eu', sequence: 7 } })
    expect(second).toEqual(first)
    expect(await giver.answer(request)).toEqual(first)
    expect(runs()).toBe(1)
    expect(giver.given).toEqual(new Map([['us', 4]]))
  })

  it('S3: a gift is counted by the node that made it, and not by the one that finds it made', async () => {
    const [one, other] = [giverThat(async () => gift), giverThat(async () => ({ ...gift, position: null }))]
    expect(await one.giver.answer(request)).toEqual(await other.giver.answer(request))
    expect([one.giver.given, other.giver.given]).toEqual([new Map([['us', 4]]), new Map()])
  })

  it('S3: one that failed is run when it comes again', async () => {
    const { giver, runs } = giverThat(async () => {
      if (runs() === 1) throw new Error('the database is away')
      return gift
    })
    await expect(giver.answer(request)).rejects.toThrow('away')
    expect((await giver.answer(request)).items).toEqual([{ sku: 'mug', units: 4 }])
  })

  it('S3: what is remembered of answers is bounded; a request that comes after that is asked of the log, which knows it', async () => {
    const { giver, runs } = giverThat(async () => gift)
    for (let number = 0; number <= keptAnswers; number++) await giver.answer({ ...request, requestId: `r${number}` })
    await giver.answer({ ...request, requestId: `r${keptAnswers}` })
    expect(runs()).toBe(keptAnswers + 1)
    await giver.answer({ ...request, requestId: 'r0' })
    expect(runs()).toBe(keptAnswers + 2)
  })

  it('S4: requests that wait while the database stands still are bounded: one more is to come again', async () => {
    const { giver } = giverThat(() => new Promise(() => {}))
    for (let number = 0; number < maximumAsked; number++) void giver.answer({ ...request, requestId: `r${number}` })
    await expect(giver.answer({ ...request, requestId: 'one more' })).rejects.toThrow('too many requests')
  })
})
