// Which database this is (W8).

/** What tells one life of a database from another (W8). Constant for the memory store. */
export interface StoreIdentity {
  readonly systemIdentifier: string
  readonly timeline: number
  /** As stored when this region last began an incarnation; null before the first. */
  readonly known: { readonly systemIdentifier: string; readonly timeline: number } | null
}
