// Whose orders it takes to retire a region, as the configuration names them, and how an operator signs one. The rule is
// schema/fence/order.ts; this holds the keys.

import { createHash, createPublicKey, sign, verify } from 'node:crypto'
import { type Operators, type RetireOrder, type SignedOrder, statementOf } from '@causeway/schema/fence/order'
import { parsePrivateKey, parsePublicKey, textOf } from '../crypto.ts'

export interface OperatorsSetting {
  /** What orders are for: two clusters may have the same operators and regions of the same names. */
  readonly cluster: string
  /** Ed25519, SPKI, base64. */
  readonly keys: readonly string[]
  /** Retires of before there were keys, as `origin:sequence` of their events. */
  readonly withoutOrder: readonly string[]
}

const fingerprintCharacters = 16
/** What members tell each other where they have no keys of operators. */
export const noOperators = 'none'

/** Null where there are no keys. Throws KeyError on one that is no Ed25519 key. */
export function createOperators({ cluster, keys, withoutOrder }: OperatorsSetting): Operators | null {
  if (keys.length === 0) return null
  const known = new Map(keys.map((key) => [key, parsePublicKey('an operator', key)]))
  const texts = [...new Set([...known.values()].map(textOf))].sort()
  const said = JSON.stringify([cluster, texts, [...new Set(withoutOrder)].sort()])
  return {
    cluster,
    keys: texts,
    withoutOrder: new Set(withoutOrder),
    fingerprint: createHash('sha256').update(said).digest('hex').slice(0, fingerprintCharacters),
    verify(key, bytes, signature) {
      const found = known.get(key)
      return found !== undefined && verify(null, bytes, found, signature)
    },
  }
}

/** Throws KeyError where the key is no Ed25519 private key in PEM. */
export function operatorKeyOf(privateKeyPem: string): string {
  return textOf(createPublicKey(parsePrivateKey('the operator', privateKeyPem)))
}

/** The same. */
export function signOrder(order: RetireOrder, privateKeyPem: string): SignedOrder {
  const signature = sign(null, statementOf(order), parsePrivateKey('the operator', privateKeyPem))
  return { ...order, key: operatorKeyOf(privateKeyPem), signature: signature.toString('hex') }
}
