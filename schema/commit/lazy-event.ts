// An event as read from a commit: its data is parsed when first touched, for moving stock and relaying never need it.
// Knows no section.

import type { JsonObject } from '../json.ts'
import type { CommitEvent, PlacementClass } from './commit.ts'
import type { RecordData } from './records.ts'

/**
 * `data` is an own, enumerable property, so that a spread or a comparison sees a plain event. Measured per event: 150 ns
 * for this one shared accessor, 390 ns for an accessor in an object literal (a closure and a shape for each object).
 */
export class LazyEvent implements CommitEvent {
  readonly type: string
  readonly entityId: string
  readonly placement: PlacementClass
  declare readonly data: JsonObject
  readonly #records: RecordData
  readonly #record: number
  #parsed: JsonObject | undefined

  constructor(type: string, entityId: string, placement: PlacementClass, records: RecordData, record: number) {
    this.type = type
    this.entityId = entityId
    this.placement = placement
    this.#records = records
    this.#record = record
    Object.defineProperty(this, 'data', LazyEvent.#data)
  }

  static readonly #data: PropertyDescriptor & ThisType<LazyEvent> = {
    enumerable: true,
    get() {
      this.#parsed ??= this.#records.parse(this.#record)
      return this.#parsed
    },
  }
}
