// A piece of pending work as the replica shows it. Types only.

import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { Unit } from '@causeway/schema/documents/units/unit'
import type { CommandName } from '../operations.ts'

export type Pending =
  | { readonly type: 'unit'; readonly id: string; readonly unit: Unit }
  | {
      readonly type: 'command'
      readonly id: string
      readonly name: CommandName
      readonly input: object
      readonly time: HybridTime
      /** Accepted, and in the confirmed levels of stock already: only its documents are shown, whatever is left of a SKU. */
      readonly isCounted?: boolean
    }
