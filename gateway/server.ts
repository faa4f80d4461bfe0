// Starts one gateway: HTTP, WebSocket, console. Knows nothing of configuration files.

import type { Gateway, GatewayOptions } from './options.ts'

/** Rejects with a plain sentence where the port is taken or the options cannot work. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  throw new Error(`gateway ${options.id ?? 'gateway'} cannot start yet`)
}
