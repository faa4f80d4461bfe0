// Where a process listens: read from the command line, checked against the kind of authentication, and told in one
// line when the port cannot be had.

import { InvalidArgumentError } from 'commander'
import type { AuthConfiguration, RegionConfiguration } from '../configuration/schema.ts'
import { codeOf, Failure, messageOf } from '../failure.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])

/** For commander: `127.0.0.1:4101`, `[::1]:4101` or `:4101`. */
export function readListen(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535)
    throw new InvalidArgumentError('It must be HOST:PORT, for example 127.0.0.1:4101.')
  const host = match[1] ?? match[2] ?? ''
  return { host: host === '' ? '127.0.0.1' : host, port }
}

/** In development every caller is an operator: such a process must not be reachable from outside. */
export function checkListening(listen: ListenAddress, auth: AuthConfiguration): void {
  if (auth.mode !== 'development' || loopback.has(listen.host) || /^127\.\d+\.\d+\.\d+$/.test(listen.host)) return
  throw new Failure(
    `auth.mode "development" makes every caller an operator, so it listens on the loopback only, not on ${listen.host}; set auth.mode to "jwt"`,
  )
}

export function listenFailure(error: unknown, listen: ListenAddress): unknown {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new Failure(`port ${listen.port} on ${listen.host} is in use; choose another with --listen`, {
        cause: error,
      })
    case 'EACCES':
    case 'EADDRNOTAVAIL':
      return new Failure(`cannot listen on ${listen.host}:${listen.port}: ${messageOf(error)}`, { cause: error })
    default:
      return error
  }
}

/** How others reach a region: its `url`, else where it listens. */
export function urlOfRegion(region: RegionConfiguration): string {
  if (region.url !== undefined) return region.url.replace(/\/$/, '')
  if (region.listen !== undefined) return `http://${region.listen.host}:${region.listen.port}`
  throw new Failure(`region "${region.id}" has neither url nor listen in the configuration: nobody can reach it`)
}

/** How a region reaches a peer: `peers`, else the peer's url. */
export function replicationUrl(self: RegionConfiguration, peer: RegionConfiguration): string {
  return self.peers?.[peer.id] ?? `${urlOfRegion(peer).replace(/^http/, 'ws')}/replication`
}
