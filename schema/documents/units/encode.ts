// A unit as one Automerge change on the heads that the device saw: the same bytes on the device and in every region (R7),
// whatever else the document there holds by then. Knows no permission and no storage.

import type { DocumentHandle } from '../automerge.ts'
import { encodeRegister } from '../register.ts'
import { type Unit, unitActor } from './unit.ts'

/** True where the document holds every one of the heads: after a fold it holds none from before, the first genesis included. */
export function holdsHeads({ backend }: DocumentHandle, heads: readonly string[]): boolean {
  return heads.every((head) => backend.getChangeByHash(head) !== null)
}

/**
 * The change, not yet applied; null where it changes nothing. The document must hold the unit's base. Throws RangeError for
 * a map that its kind has not.
 */
export function encodeUnit(handle: DocumentHandle, unit: Unit): Uint8Array | null {
  const { backend, objects, shape } = handle
  const fork = backend.fork(unitActor(unit.id), [...unit.base])
  try {
    for (const patch of unit.patches) {
      const object = objects.get(patch.map)
      if (object === undefined) throw new RangeError(`a ${shape.name} has no map ${patch.map}`)
      if (!('remove' in patch)) {
        // Under no custom policy: a device does not know which ones its regions have.
        fork.put(object, patch.key, encodeRegister(patch.value, unit.time, unit.region), 'str')
      } else if (fork.getWithType(object, patch.key) !== null) fork.delete(object, patch.key)
    }
    if (fork.commit(null, 0) === null) return null
    const bytes = fork.getLastLocalChange()
    if (bytes === null) throw new Error(`the change of unit ${unit.id} cannot be read back`)
    return bytes
  } finally {
    fork.free()
  }
}
