// What a database error means to a region: one of the store's few codes, and whether trying again can help.

import postgres from 'postgres'
import { StoreError } from '../store.ts'

const diskFull = new Set(['53100', '53400'])
/** Shutting down, starting up, too many connections, idle too long inside a transaction, lock not had in time. */
const passing = new Set(['57P01', '57P02', '57P03', '53300', '25P03', '55P03', '40001', '40P01', '57014', '53200'])

/** A standby, or a disk that went read-only. */
const readOnly = new Set(['25006'])

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** Errors of the connection come from the driver or the socket, not from the server. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof postgres.PostgresError) return /^(?:08|57P0)/.test(error.code)
  return /^(?:CONNECT|E[A-Z]+$|UNREACHABLE)/.test(codeOf(error))
}

export function unreachable(cause: unknown, retry = true): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StoreError('UNREACHABLE', `the database cannot be reached: ${reason}`, { retry, cause })
}

export function closedError(): StoreError {
  return new StoreError('CLOSED', 'the store is closed', { retry: false })
}

/** Faults of our own, such as a statement that Postgres does not understand, stay what they are. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error
  const code = codeOf(error)
  if (code === '23514' && 'constraint_name' in error && error.constraint_name === 'stock_rights') {
    const detail = 'detail' in error ? String(error.detail) : ''
    return new StoreError('RIGHTS', `a stock row lacks rights: ${detail}`, { retry: false, cause: error })
  }
  if (diskFull.has(code) || readOnly.has(code) || /No space left on device/.test(error.message)) {
    const advice = 'free space there; nothing was written'
    return new StoreError('DISK_FULL', `the database's disk is full or read-only: ${error.message}; ${advice}`, {
      retry: true,
      cause: error,
    })
  }
  if (passing.has(code) || isConnectionLoss(error)) return unreachable(error)
  return error
}
