// Automerge changes as bytes: the heads that changes leave behind, read from their headers alone, so that heads are
// known without building a document (C3). Knows the container format, no document and no kind.

import { decodeChange } from '#automerge'
import { toHex } from '../hex.ts'
import { compareText } from './register.ts'

export type Sha256 = (bytes: Uint8Array) => Uint8Array

/** Every chunk begins with these, then the first bytes of its hash, its type, its length. */
export const changeMagic = Uint8Array.of(0x85, 0x6f, 0x4a, 0x83)
export const checksumLength = 4
/** The type of a change that is not deflated. */
export const changeChunk = 1
const headerLength = changeMagic.length + checksumLength
const hashLength = 32

export interface ChangeIdentity {
  readonly hash: string
  readonly deps: readonly string[]
  /** Who wrote it, hex. */
  readonly actor: string
}

/** Reads an unsigned LEB128 number; returns it and the place after it. */
function readUnsigned(bytes: Uint8Array, start: number): readonly [number, number] {
  let value = 0
  for (let place = start, scale = 1; place < start + 8; place++, scale *= 128) {
    const byte = bytes[place]
    if (byte === undefined) break
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return [value, place + 1]
  }
  throw new RangeError('not an Automerge change: a number does not end')
}

const identities = new WeakMap<Uint8Array, ChangeIdentity>()

/** Spares `identifyChange` the work for bytes whose identity is known by their making. */
export function noteIdentity(bytes: Uint8Array, identity: ChangeIdentity): void {
  identities.set(bytes, identity)
}

/** Hash, dependencies and actor of one change. Throws RangeError on bytes that are not one. */
export function identifyChange(bytes: Uint8Array, sha256: Sha256): ChangeIdentity {
  const known = identities.get(bytes)
  if (known !== undefined) return known
  if (changeMagic.some((byte, index) => bytes[index] !== byte))
    throw new RangeError('not an Automerge change: wrong magic')
  // Deflated chunks are hashed as they were before; none of our own writers makes one.
  if (bytes[headerLength] !== changeChunk) return decodeChange(bytes)
  const [length, body] = readUnsigned(bytes, headerLength + 1)
  if (body + length !== bytes.length) throw new RangeError('not an Automerge change: wrong length')
  const hash = sha256(bytes.subarray(headerLength))
  for (let index = 0; index < checksumLength; index++)
    if (hash[index] !== bytes[changeMagic.length + index])
      throw new RangeError('not an Automerge change: wrong checksum')
  const [count, first] = readUnsigned(bytes, body)
  if (first + count * hashLength > bytes.length) throw new RangeError('not an Automerge change: dependencies cut off')
  const deps: string[] = []
  for (let index = 0; index < count; index++)
    deps.push(toHex(bytes.subarray(first + index * hashLength, first + (index + 1) * hashLength)))
  const [actorLength, actor] = readUnsigned(bytes, first + count * hashLength)
  if (actor + actorLength > bytes.length) throw new RangeError('not an Automerge change: its actor is cut off')
  return { hash: toHex(hash), deps, actor: toHex(bytes.subarray(actor, actor + actorLength)) }
}

/** True where a change with these dependencies has seen all that stands at `heads`. */
export function hasSeen(deps: readonly string[], heads: ReadonlySet<string>): boolean {
  return deps.length === heads.size && deps.every((dep) => heads.has(dep))
}

export interface FollowedHeads {
  /** Sorted. */
  readonly heads: readonly string[]
  /** Some change had not seen all of what was there when it came in. */
  readonly isForked: boolean
}

/**
 * The heads after a document has carried `changes`, in causal order. `previousHeads` are empty for a new document; its
 * first change then counts as having seen everything.
 */
export function followHeads(
  previousHeads: readonly string[],
  changes: readonly Uint8Array[],
  sha256: Sha256,
): FollowedHeads {
  const heads = new Set(previousHeads)
  let isForked = false
  for (const change of changes) {
    const { hash, deps } = identifyChange(change, sha256)
    if (heads.size > 0 && !hasSeen(deps, heads)) isForked = true
    for (const dep of deps) heads.delete(dep)
    heads.add(hash)
  }
  return { heads: [...heads].sort(compareText), isForked }
}
