import { describe, expect, it } from 'vitest'
import { createGapWatch } from './gap-watch.ts'

function open() {
  let ring: (() => void) | null = null
  const asked: string[] = []
  const timers = {
    after: (_: number, call: () => void) => {
      ring = call
      return () => {
        if (ring === call) ring = null
      }
    },
  }
  const watch = createGapWatch(timers, (missing) =>
    asked.push(missing.map(({ origin, first }) => `${origin}:${first}`).join()),
  )
  return { watch, asked, ring: () => ring?.(), isArmed: () => ring !== null }
}

const hole = (origin: string, first: number) => ({ origin, first, last: first + 3 })

describe('gap watch', () => {
  it('C2: a hole that stays is asked for, again and again', () => {
    const { watch, asked, ring } = open()
    watch.observe([hole('eu', 3)])
    ring()
    watch.observe([hole('eu', 3), hole('us', 9)])
    ring()
    expect(asked).toEqual(['eu:3', 'eu:3'])
  })

  it('C6: a hole that nobody can fill is asked for ever more seldom, and keeps no other one waiting', () => {
    const { watch, asked, ring } = open()
    watch.observe([hole('eu', 3)])
    for (let times = 0; times < 200; times++) ring()
    expect(asked).toHaveLength(7 + 2)
    watch.observe([hole('eu', 3), hole('us', 9)])
    ring()
    ring()
    expect(asked.slice(9)).toEqual(['us:9'])
  })

  it('C2: a hole that is filled, or moves on, is not asked for', () => {
    const { watch, asked, ring } = open()
    watch.observe([hole('eu', 3)])
    watch.observe([hole('eu', 8)])
    ring()
    expect(asked).toEqual([])
    ring()
    expect(asked).toEqual(['eu:8'])
  })

  it('nothing is watched once nothing is missing', () => {
    const { watch, isArmed } = open()
    watch.observe([hole('eu', 3)])
    watch.observe([])
    expect(isArmed()).toBe(false)
  })
})
