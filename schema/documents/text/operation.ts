// One operation of an Automerge change, with what the library's own type leaves out: where in a text it stands.

import type { decodeChange } from '#automerge'

export type Operation = ReturnType<typeof decodeChange>['ops'][number] & {
  /** The character that it concerns or stands behind, or `_head`; absent for an operation on a map. */
  readonly elemId?: string
  readonly insert?: boolean
}
