// What the SDK says no with, where the storage does not. Knows nothing of why.

/** `QUEUE_FULL`: nothing was queued. `CLOSED`, `CLEARED`: this client will not hear the outcome. `INVALID`, `MIGRATION`: the app's fault. */
export class ClientError extends Error {
  readonly code: 'QUEUE_FULL' | 'CLOSED' | 'CLEARED' | 'INVALID' | 'MIGRATION'
  constructor(code: ClientError['code'], message: string) {
    super(message)
    this.name = 'ClientError'
    this.code = code
  }
}
