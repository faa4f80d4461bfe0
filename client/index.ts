// The package's entry point: what an app may use. Everything else may change without notice.

export {
  CausewayClient,
  type ClientOptions,
  createClient,
  type Handle,
  type ListHandle,
  type Status,
} from './client.ts'
export type { CommandInputs, CommandName } from './operations.ts'
export { ClientError, type Command } from './outbox/driver.ts'
export type { Outcome } from './outbox/outbox.ts'
export type { OrderFilter, ProductFilter } from './replica.ts'
export type { FollowRequest, Scope } from './scope.ts'
export { encryptedStorage } from './storage/encryption/encrypted-storage.ts'
export type { EncryptionKey } from './storage/encryption/sealer.ts'
export { type IndexedDbOptions, indexedDbStorage } from './storage/indexeddb/indexeddb.ts'
export { memoryStorage } from './storage/memory.ts'
export { type ClientStorage, StorageError, type StorageErrorCode } from './storage/port.ts'
export type { CartView, CustomerView, Money, OrderStatus, OrderView, ProductView, StockView } from './views.ts'
