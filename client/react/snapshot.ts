// What React needs of a store: a value that stays the same object until what it shows has changed. Handles of lists, and the
// status, make a new object at every call. Knows nothing of React.

export interface Source<Value> {
  get(): Value
  subscribe(listener: () => void): () => void
}

export interface SnapshotStore<Value> {
  readonly getSnapshot: () => Value
  readonly subscribe: (listener: () => void) => () => void
}

export function snapshotStore<Value>(
  source: Source<Value>,
  isSame: (left: Value, right: Value) => boolean = isShallowlySame,
): SnapshotStore<Value> {
  let held: { readonly value: Value } | null = null
  let listeners = 0
  /** Only while somebody listens does the source say when it has changed. */
  let isCurrent = false
  return {
    getSnapshot() {
      if (held !== null && isCurrent) return held.value
      const value = source.get()
      if (held === null || !isSame(held.value, value)) held = { value }
      isCurrent = listeners > 0
      return held.value
    },
    subscribe(listener) {
      listeners += 1
      // What changed between the first look and now was told to nobody.
      isCurrent = false
      const stop = source.subscribe(() => {
        isCurrent = false
        listener()
      })
      return () => {
        listeners -= 1
        if (listeners === 0) isCurrent = false
        stop()
      }
    },
  }
}

/** Equal, or of equal members one level down. */
export function isShallowlySame(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const entries = Object.entries(left)
  const others = new Map(Object.entries(right))
  return (
    entries.length === others.size &&
    entries.every(([key, value]) => others.has(key) && Object.is(value, others.get(key)))
  )
}
