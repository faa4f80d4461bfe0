// A queued command as an app sees it. Types only.

import type { Outcome, WorkName } from './outbox.ts'

/** A queued command as the app holds it. */
export interface Command {
  readonly id: string
  readonly name: WorkName
  readonly input: object
  readonly state: 'waiting' | 'sending' | 'settled'
  /** The one outcome. Rejects with ClientError where this client is closed or cleared first. */
  readonly outcome: Promise<Outcome>
  /** The app has dealt with the outcome; the client forgets it. Does nothing before there is one. */
  acknowledge(): Promise<void>
}
