// Placement classes: which regions may hold a section of a commit (C12). Knows no region's state.

import { isRegionId, type RegionId } from '../clock/origin.ts'
import type { PlacementClass } from './commit.ts'

const homePrefix = 'home:'

/** The class of data that only `regions` may hold, in whatever order they are named. Throws RangeError on none or a bad id. */
export function homePlacement(regions: readonly RegionId[]): PlacementClass {
  const sorted = [...new Set(regions)].sort()
  if (sorted.length === 0) throw new RangeError('a home placement names at least one region')
  for (const region of sorted) if (!isRegionId(region)) throw new RangeError(`not a region id: ${region}`)
  return `${homePrefix}${sorted.join(',')}`
}

/** The regions of a home placement; null for `everywhere`. */
export function regionsOfPlacement(placement: PlacementClass): readonly RegionId[] | null {
  return placement === 'everywhere' ? null : placement.slice(homePrefix.length).split(',')
}

/** True where `region` may hold data of this class. */
export function mayHold(placement: PlacementClass, region: RegionId): boolean {
  return regionsOfPlacement(placement)?.includes(region) ?? true
}

/** True where `text` is a placement class in its one spelling: sorted, no region twice. */
export function isPlacementClass(text: string): text is PlacementClass {
  if (text === 'everywhere') return true
  if (!text.startsWith(homePrefix)) return false
  const regions = text.slice(homePrefix.length).split(',')
  return regions.every((region, index) => isRegionId(region) && (index === 0 || region > (regions[index - 1] ?? '')))
}
