// Maps of maps: looking up by two short names costs less than joining them into one for every row.

/** The map at `key`, made and kept where there is none. */
export function innerMap<Key, Inner, Value>(maps: Map<Key, Map<Inner, Value>>, key: Key): Map<Inner, Value> {
  const known = maps.get(key)
  if (known !== undefined) return known
  const fresh = new Map<Inner, Value>()
  maps.set(key, fresh)
  return fresh
}
