// A small break of production code, made on purpose to see whether the simulator notices. Knows no run.

import type { Replacement } from '../run/bundle.ts'
import type { RunOptions } from '../run/simulate.ts'

export interface Mutation {
  /** The rule that it breaks, of docs/SPEC.md, and a letter where a rule has several. */
  readonly id: string
  /** What the broken code does. */
  readonly breaks: string
  readonly replacements: readonly Replacement[]
  /** How its seeds differ from those of CI: with tills, say. */
  readonly run?: Partial<Omit<RunOptions, 'seed'>>
  /** Where the simulator does not run the code: the test file that is to notice, from the repository's root. */
  readonly test?: string
  /** Where it does no harm alone: the guard that still holds, and the mutation that takes both away. */
  readonly guard?: { readonly by: string; readonly together: string }
}
