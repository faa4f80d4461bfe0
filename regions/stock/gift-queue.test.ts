import { describe, expect, it } from 'vitest'
import { type GiftInput, type GiftQueueState, holdMs, maximumHeld, openGiftQueue, stepGifts } from './gift-queue.ts'

class Giver {
  state: GiftQueueState = openGiftQueue('eu')
  nowMs = 1_000

  do(input: GiftInput) {
    const { state, actions } = stepGifts(this.state, input, this.nowMs)
    this.state = state
    return actions.map((action) =>
      action.type === 'give'
        ? `give ${action.id}, keep ${[...action.reserved].map(([sku, units]) => `${units} ${sku}`).join(', ')}`
        : `${action.type} ${action.id}`,
    )
  }

  claim(id: number, sinceMs: number, needs: Record<string, number>) {
    return this.do({ type: 'claims', begun: [{ id, sinceMs, needs: new Map(Object.entries(needs)) }], ended: [] })
  }

  release(...ids: number[]) {
    return this.do({ type: 'claims', begun: [], ended: ids })
  }

  ask(id: number, from: string, sinceMs: number | null, ...skus: string[]) {
    const items = skus.map((sku) => ({ sku, sinceMs }))
    return this.do({ type: 'ask', ask: { id, from, untilMs: this.nowMs + holdMs, items } })
  }
}

describe('in which order a giver serves', () => {
  it('S4: what an older sale of its own takes is kept, what a younger one takes is given', () => {
    const giver = new Giver()
    giver.claim(1, 500, { mug: 3, hat: 1 })
    giver.claim(2, 700, { mug: 2 })
    expect(giver.ask(3, 'us', 600, 'mug')).toEqual(['give 3, keep 3 mug'])
    giver.do({ type: 'gave', id: 3, lacks: false })
    expect(giver.ask(4, 'us', 400, 'mug')).toEqual(['give 4, keep 0 mug'])
    giver.do({ type: 'gave', id: 4, lacks: false })
    expect(giver.ask(5, 'us', null, 'mug')).toEqual(['give 5, keep 5 mug'])
  })

  it('S4: of two sales since the same moment the lower region comes first, in both regions', () => {
    const giver = new Giver()
    giver.claim(1, 500, { mug: 3 })
    expect(giver.ask(2, 'us', 500, 'mug')).toEqual(['give 2, keep 3 mug'])
    giver.do({ type: 'gave', id: 2, lacks: false })
    expect(giver.ask(3, 'ap', 500, 'mug')).toEqual(['give 3, keep 0 mug'])
  })

  it('S4: requests that come while others are served wait, and then the oldest goes first', () => {
    const giver = new Giver()
    expect(giver.ask(1, 'us', 900, 'mug')).toEqual(['give 1, keep 0 mug'])
    expect(giver.ask(2, 'us', 800, 'mug')).toEqual([])
    expect(giver.ask(3, 'us', null, 'mug')).toEqual([])
    expect(giver.ask(4, 'ap', 300, 'mug')).toEqual([])
    expect(giver.do({ type: 'gave', id: 1, lacks: false })).toEqual([
      'answer 1',
      'give 4, keep 0 mug',
      'give 2, keep 0 mug',
      'give 3, keep 0 mug',
    ])
  })

  it('S4: one that gets nothing because of an older sale waits until that is over, and is served then', () => {
    const giver = new Giver()
    giver.claim(1, 500, { mug: 3 })
    giver.ask(2, 'us', 600, 'mug')
    expect(giver.do({ type: 'gave', id: 2, lacks: true })).toEqual(['hold 2'])
    expect(giver.release(1)).toEqual(['give 2, keep 0 mug'])
    expect(giver.do({ type: 'gave', id: 2, lacks: false })).toEqual(['answer 2'])
  })

  it('S4: it waits no longer than its time, and an older sale that ended meanwhile holds nobody', () => {
    const giver = new Giver()
    giver.claim(1, 500, { mug: 3 })
    giver.ask(2, 'us', 600, 'mug')
    giver.do({ type: 'gave', id: 2, lacks: true })
    expect(giver.do({ type: 'late', id: 2 })).toEqual(['answer 2'])
    giver.ask(3, 'us', 600, 'mug')
    giver.release(1)
    expect(giver.do({ type: 'gave', id: 3, lacks: true })).toEqual(['give 3, keep 0 mug'])
    giver.nowMs += holdMs
    expect(giver.do({ type: 'gave', id: 3, lacks: true })).toEqual(['answer 3'])
    expect(giver.state).toEqual(openGiftQueue('eu'))
  })

  it('S4: no more requests than so many wait for older orders: one more is answered with what there is', () => {
    const giver = new Giver()
    giver.claim(1, 500, { mug: 3 })
    for (let id = 2; id < 2 + maximumHeld; id++) {
      giver.ask(id, 'us', 600, 'mug')
      expect(giver.do({ type: 'gave', id, lacks: true })).toEqual([`hold ${id}`])
    }
    const last = 2 + maximumHeld
    giver.ask(last, 'us', 600, 'mug')
    expect(giver.do({ type: 'gave', id: last, lacks: true })).toEqual([`answer ${last}`])
  })
})
