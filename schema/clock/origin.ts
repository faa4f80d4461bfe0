// Who wrote a commit: a region under one incarnation of its log. Knows nothing of sequences or clocks.

/** Region id: lower-case letters, digits and dashes, 1 to 63 characters, e.g. `eu-west-1`. */
export type RegionId = string

/** `region` for the first incarnation, `region@n` for the n-th (n ≥ 2). */
export type Origin = string

const regionPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

const originPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:@(?:[2-9]|[1-9][0-9]{1,14}))?$/

/** True where `text` may name a region. */
export function isRegionId(text: string): boolean {
  return regionPattern.test(text)
}

/** True where `text` is an origin in its one spelling. */
export function isOrigin(text: string): text is Origin {
  return originPattern.test(text)
}

/** The origin of `region` in its `incarnation`, counted from 1. Throws RangeError on what cannot be one. */
export function makeOrigin(region: RegionId, incarnation: number): Origin {
  if (!isRegionId(region)) throw new RangeError(`not a region id: ${region}`)
  if (!Number.isSafeInteger(incarnation) || incarnation < 1) throw new RangeError(`not an incarnation: ${incarnation}`)
  return incarnation === 1 ? region : `${region}@${incarnation}`
}

/** The region of an origin. */
export function regionOf(origin: Origin): RegionId {
  const at = origin.indexOf('@')
  return at < 0 ? origin : origin.slice(0, at)
}

/** The incarnation of an origin, from 1. */
export function incarnationOf(origin: Origin): number {
  const at = origin.indexOf('@')
  return at < 0 ? 1 : Number(origin.slice(at + 1))
}
