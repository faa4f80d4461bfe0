// The package's entry point: what an app may use. Everything else may change without notice.

export type { CartDraft, ContactDraft } from './changes.ts'
export {
  CausewayClient,
  type ClientOptions,
  createClient,
  type Scope,
  type Status,
} from './client.ts'
export type { Lease, LeaseRequest, LeaseState } from './leases/desk.ts'
export { LeaseError } from './leases/lease-error.ts'
export type { Migration } from './migration.ts'
export type { CommandInputs, CommandName } from './operations.ts'
export { ClientError } from './outbox/client-error.ts'
export type { Command } from './outbox/command.ts'
export type { Outcome } from './outbox/outbox.ts'
export type { ChangeableHandle, Handle, ListHandle } from './replica/handles.ts'
export type { OrderFilter, ProductFilter } from './replica/replica.ts'
export type {
  Address,
  CartView,
  CustomerView,
  Money,
  OrderStatus,
  OrderView,
  ProductView,
  StockView,
} from './replica/views.ts'
export { encryptedStorage } from './storage/encryption/encrypted-storage.ts'
export type { EncryptionKey } from './storage/encryption/sealer.ts'
export { type IndexedDbOptions, indexedDbStorage } from './storage/indexeddb/indexeddb.ts'
export { memoryStorage } from './storage/memory.ts'
export { type ClientStorage, StorageError, type StorageErrorCode } from './storage/port.ts'
export type { FollowRequest } from './sync/scopes.ts'
