// What a database error means to a region: one of the store's few codes, and whether trying again can help.

import postgres from 'postgres'
import { StoreError } from '../store.ts'

const diskFull = new Set(['53100', '53400'])
/**
 * Classes of what is wrong with the server or a transaction, and not with what was asked for: resources, operators, locks and
 * recovery, transactions that failed or ran out of time, conflicts with others, its files and its own faults. Who is told of
 * anything else may blame what it wrote, and a commit of another region that was blamed is not applied any more.
 */
const passing = /^(?:25|40|53|55|57|58|XX)/
/** Of what was written: values and rows that Postgres cannot take, and more of them than it can. All that is left says that a statement cannot be run at all. */
const ofWhatIsWritten = /^(?:21|22|23|54)/

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

function unfit(error: postgres.PostgresError): StoreError {
  const advice = 'nothing was written; look whether its tables and permissions are as `causeway migrate` made them'
  const message = `the database does not do what it is asked for (${error.code}: ${error.message}); ${advice}`
  return new StoreError('UNFIT', message, { retry: true, cause: error })
}

/** What Postgres cannot take of what was written stays as it is, as faults of our own do: who wrote it may be at fault. */
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
  if ((error instanceof postgres.PostgresError && passing.test(code)) || isConnectionLoss(error))
    return unreachable(error)
  if (error instanceof postgres.PostgresError && !ofWhatIsWritten.test(code)) return unfit(error)
  return error
}
