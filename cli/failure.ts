// How a command says that it failed: one line for the person at the terminal, and the exit code. Knows no command.

/** Something went wrong that the message explains in one line; the process exits with 1. */
export class Failure extends Error {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.name = 'Failure'
  }
}

/** The command line is wrong; the process exits with 2. */
export class UsageFailure extends Failure {
  constructor(message: string) {
    super(message)
    this.name = 'UsageFailure'
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((inner: unknown) => messageOf(inner)).join('; ')
  }
  return error instanceof Error ? error.message : String(error)
}

/** The system's error code (`ENOENT`, `EADDRINUSE`), where there is one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
