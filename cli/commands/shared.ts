// What the commands have in common: the options for talking to a running system, numbers from the command line, and
// the end on Ctrl-C.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { ApiClient } from '../api/client.ts'
import { Failure } from '../failure.ts'

export interface SystemOptions {
  readonly url: string
  readonly token?: string
}

export const defaultGatewayUrl = 'http://127.0.0.1:4000'

/** Adds `--url` and `--token`. */
export function withSystemOptions(command: Command): Command {
  return command
    .addOption(new Option('--url <gateway>', "the gateway's address").env('CAUSEWAY_URL').default(defaultGatewayUrl))
    .addOption(new Option('--token <token>', 'bearer token, where the system asks for one').env('CAUSEWAY_TOKEN'))
}

export async function withClient<Result>(
  options: SystemOptions,
  work: (client: ApiClient) => Promise<Result>,
): Promise<Result> {
  const client = new ApiClient(options.url, options.token)
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

/** For commander: a number within bounds. */
export function numberBetween(least: number, most: number, whole = true): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (
      text.trim() !== '' &&
      Number.isFinite(value) &&
      value >= least &&
      value <= most &&
      (!whole || Number.isInteger(value))
    ) {
      return value
    }
    throw new InvalidArgumentError(`It must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`)
  }
}

/** Runs `work` until it ends or the user presses Ctrl-C; a second Ctrl-C ends the process at once. */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  onInterrupt: () => string,
): Promise<Result> {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(1)
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    return await work(controller.signal)
  } catch (error) {
    if (controller.signal.aborted) throw new Failure(onInterrupt())
    throw error
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}
