// How long things may take, as callers say it in headers: the whole operation, and the wait of a write for other regions.
// Pure. What is left out is the gateway's to say.

import { GatewayFault } from '../errors.ts'

/** A region gives no operation more. */
const longestDeadlineMs = 60_000
/** On top of a write's wait for other regions: for the write itself and for both ways. */
const besideWaitMs = 1_000

/** Of the header causeway-deadline. Throws GatewayFault BAD_USER_INPUT for what is no whole number from 1 on. */
export function deadlineMsOf(header: unknown, usualMs: number): number {
  if (header === undefined) return usualMs
  const text = String(header).trim()
  const milliseconds = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (milliseconds >= 1) return Math.min(milliseconds, longestDeadlineMs)
  const message = 'Header causeway-deadline is a number of milliseconds, from 1 to 999999999.'
  throw new GatewayFault('BAD_USER_INPUT', message)
}

/**
 * How long one region is waited for while another is left to try: a write whose caller lets it wait for other regions is
 * not late before that. `durability` is the header causeway-durability; regions say what is wrong with it.
 */
export function attemptMsOf(durability: string | undefined, usualMs: number): number {
  const waitMs = /;\s*ms\s*=\s*(\d{1,6})\s*$/.exec(durability ?? '')?.[1]
  return waitMs === undefined ? usualMs : Math.max(usualMs, Number(waitMs) + besideWaitMs)
}
