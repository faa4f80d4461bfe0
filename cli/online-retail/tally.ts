// Counts lines of the file, and the units that they name, under a reason.

export interface Tally {
  readonly lines: number
  readonly units: number
}

export function addTo<Key>(tallies: Map<Key, Tally>, key: Key, units: number): void {
  const before = tallies.get(key) ?? { lines: 0, units: 0 }
  tallies.set(key, { lines: before.lines + 1, units: before.units + units })
}
