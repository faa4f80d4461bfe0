// Commits of the log that stand under another name than they did: an origin that has signed two logs goes on with the other one
// of them (C6).

/** Commits of one origin or branch, by last sequence. */
export interface Renamed {
  readonly from: string
  readonly to: string
  readonly sequences: readonly number[]
}
