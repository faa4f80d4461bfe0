// Proof of where an origin's log ended, as somebody else holds it: the header of its last commit there and its signature.
// Only the origin itself can have made it, so a peer that claims to hold more of a log than its writer is believed (W8), and
// one that lies about it is not (C6).

import { isOrigin, type Origin, regionOf } from '@causeway/schema/clock/origin'
import { ByteReader, CodecError } from '@causeway/schema/commit/bytes'
import { readEnvelope, signatureBytes } from '@causeway/schema/commit/codec'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { type CommitHeader, readHeader } from '@causeway/schema/commit/header'
import type { HeldPosition } from '../replication/peer.ts'

export function proveHeld(commit: SealedCommit): string {
  const { headerBytes, signature } = readEnvelope(commit.bytes)
  return Buffer.concat([headerBytes, signature]).toString('base64')
}

/** The origin that has signed this position; null where nobody of `region` has. */
export function provenOrigin(
  region: string,
  { sequence, hash, proof }: HeldPosition,
  crypto: Pick<CommitCrypto, 'sha256' | 'verify'>,
): Origin | null {
  const bytes = new Uint8Array(Buffer.from(proof, 'base64'))
  const header = readSigned(bytes)
  if (header === null || !isOrigin(header.origin) || regionOf(header.origin) !== region) return null
  const headerBytes = bytes.subarray(0, -signatureBytes)
  if (header.lastSequence !== sequence || Buffer.from(crypto.sha256(headerBytes)).toString('hex') !== hash) return null
  return crypto.verify(header.origin, headerBytes, bytes.subarray(-signatureBytes)) ? header.origin : null
}

function readSigned(bytes: Uint8Array): CommitHeader | null {
  try {
    const reader = new ByteReader(bytes)
    const header = readHeader(reader)
    return reader.remaining === signatureBytes ? header : null
  } catch (error) {
    if (error instanceof CodecError) return null
    throw error
  }
}
