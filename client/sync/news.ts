// What pages that share the storage tell each other of the sync, after it is durable. Types and a reader.

import type { HeldItem, SyncPlace } from '../replica/confirmed.ts'

/** What pages that share the storage tell each other, after it is durable. */
export type SyncNews =
  | {
      readonly sync: 'step'
      readonly items: readonly (readonly [string, HeldItem | null])[]
      readonly place: SyncPlace
      readonly isLive: boolean
    }
  | { readonly sync: 'scopes' }
  | { readonly sync: 'cleared' }

export function isNews(message: unknown): message is SyncNews {
  return typeof message === 'object' && message !== null && 'sync' in message
}
