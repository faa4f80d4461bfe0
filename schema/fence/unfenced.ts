// A cluster in which nobody was ever retired, as nearly all are: what commands go by there. Decides nothing.

import type { RegionId } from '../clock/origin.ts'
import { emptyVector } from '../clock/version-vector.ts'
import { noFences } from './fence-log.ts'
import type { Fencing } from './fencing.ts'

export function unfenced(members: readonly RegionId[]): Fencing {
  const fences = { decided: [], pending: [], open: [], members }
  return { log: noFences, fences, frontier: emptyVector, chainHashes: {}, estate: [] }
}
