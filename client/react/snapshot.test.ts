import { describe, expect, it } from 'vitest'
import { isShallowlySame, snapshotStore } from './snapshot.ts'

function counter() {
  let values = [1]
  const listeners = new Set<() => void>()
  return {
    source: {
      get: () => [...values],
      subscribe: (listener: () => void) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    },
    set: (next: number[]) => {
      values = next
      for (const listener of listeners) listener()
    },
    listeners,
  }
}

describe('what React is shown', () => {
  it('stays the same object until it shows something else, listened to or not', () => {
    const { source, set } = counter()
    const store = snapshotStore(source)
    const first = store.getSnapshot()
    expect(store.getSnapshot()).toBe(first)
    const stop = store.subscribe(() => {})
    expect(store.getSnapshot()).toBe(first)
    set([1])
    expect(store.getSnapshot()).toBe(first)
    set([1, 2])
    const second = store.getSnapshot()
    expect(second).toEqual([1, 2])
    expect(store.getSnapshot()).toBe(second)
    stop()
    expect(store.getSnapshot()).toBe(second)
  })

  it('what changes between the first look and the listening is seen', () => {
    const { source, set } = counter()
    const store = snapshotStore(source)
    store.getSnapshot()
    set([2])
    store.subscribe(() => {})
    expect(store.getSnapshot()).toEqual([2])
  })

  it('what changes while nobody listens any more is seen at the next look', () => {
    const { source, set, listeners } = counter()
    const store = snapshotStore(source)
    store.subscribe(() => {})()
    expect(listeners.size).toBe(0)
    set([3])
    expect(store.getSnapshot()).toEqual([3])
  })

  it('compares one level down and no further', () => {
    const inner = {}
    expect(isShallowlySame({ a: inner }, { a: inner })).toBe(true)
    expect(isShallowlySame({ a: inner }, { a: {} })).toBe(false)
    expect(isShallowlySame([], {})).toBe(false)
    expect(isShallowlySame({ a: undefined }, { b: undefined })).toBe(false)
    expect(isShallowlySame(null, {})).toBe(false)
  })
})
