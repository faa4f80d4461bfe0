// Where a device stands in its sync: a place in the log for what it holds, and a place in the load of what it does not hold
// yet. Text that the device keeps with its data and gives back to any region; it names no region and no gateway.

import { decodeBase64url, encodeBase64url } from '../clock/base64url.ts'
import { decodeToken, encodeToken, TokenError } from '../clock/causal-token.ts'
import type { VersionVector } from '../clock/version-vector.ts'
import { ByteReader, ByteWriter } from '../commit/bytes.ts'

/** How far the load of one scope has come: within its `segment`, behind `key`. */
export interface LoadPlace {
  readonly scope: string
  readonly segment: number
  /** Empty: nothing of the segment yet. */
  readonly key: string
}

export interface SyncCursor {
  /** Everything in the held scopes, and in the one that is loading as far as it is loaded, reflects at least this. */
  readonly at: VersionVector
  /** Nothing that was sent reflects more than this: a region that holds less would show older things again. */
  readonly seen: VersionVector
  /** Names of the scopes that are held whole. */
  readonly held: readonly string[]
  readonly loading: LoadPlace | null
}

const version = 1
/** Longer text is refused unread. */
export const maximumCursorCharacters = 65_536

export function encodeCursor({ at, seen, held, loading }: SyncCursor): string {
  const parts = [version, encodeToken(at), encodeToken(seen), held, loading]
  const writer = new ByteWriter()
  writer.text(JSON.stringify(parts))
  return encodeBase64url(writer.view())
}

/** Throws TokenError on anything that `encodeCursor` does not write. */
export function decodeCursor(text: string): SyncCursor {
  if (text.length > maximumCursorCharacters)
    throw new TokenError(`it is longer than ${maximumCursorCharacters} characters`)
  const bytes = decodeBase64url(text)
  if (bytes === undefined) throw new TokenError('it is not base64url')
  const parts = parse(bytes)
  const [given, at, seen, held, loading] = parts
  if (given !== version || parts.length !== 5) throw new TokenError(`it is not of version ${version}`)
  if (typeof at !== 'string' || typeof seen !== 'string') throw new TokenError('it names no place in the log')
  if (!Array.isArray(held) || !held.every((name) => typeof name === 'string'))
    throw new TokenError('it names no scopes')
  return { at: decodeToken(at), seen: decodeToken(seen), held, loading: readPlace(loading) }
}

function parse(bytes: Uint8Array): readonly unknown[] {
  try {
    const reader = new ByteReader(bytes)
    const parts: unknown = JSON.parse(reader.text())
    reader.end('the cursor')
    if (Array.isArray(parts)) return parts
  } catch {
    // Told below, as anything else that is no cursor.
  }
  throw new TokenError('it cannot be read')
}

function readPlace(value: unknown): LoadPlace | null {
  if (value === null) return null
  const { scope, segment, key } = value as Partial<LoadPlace>
  if (typeof scope === 'string' && Number.isSafeInteger(segment) && typeof key === 'string')
    return { scope, segment: Number(segment), key }
  throw new TokenError('it names no place in a load')
}
