// What a gateway is told when it starts. Knows neither files nor environment: whoever starts it has read those.

import type { RegionId } from '@causeway/schema/clock/origin'

export interface RegionAddress {
  readonly id: RegionId
  /** Where the region listens, without a path: `http://127.0.0.1:4001`. */
  readonly url: string
}

export interface SubgraphAddress {
  readonly name: string
  /** One GraphQL URL per region, e.g. `{"us-east-1": "http://127.0.0.1:7001/graphql"}`. */
  readonly urls: Readonly<Record<RegionId, string>>
}

/** `development`: every caller is an operator, loopback only. `jwt`: bearer tokens, by key set or by shared secret. */
export type AuthOptions =
  | { readonly mode: 'development' }
  | {
      readonly mode: 'jwt'
      readonly jwksUrl?: string | undefined
      readonly secret?: string | undefined
      readonly issuer?: string | undefined
      readonly audience?: string | undefined
    }

export interface GatewayLogger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface GatewayOptions {
  /** Names this gateway in logs; default `gateway`. */
  readonly id?: string | undefined
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number }
  /** The region this gateway stands in: first choice among equally healthy ones. */
  readonly region?: RegionId | undefined
  readonly regions: readonly RegionAddress[]
  readonly subgraphs?: readonly SubgraphAddress[] | undefined
  readonly auth: AuthOptions
  /** Apps that the gateway serves beside its own pages: path, such as `/storefront`, → folder of built files. */
  readonly apps?: Readonly<Record<string, string>> | undefined
  /** With `jwksUrl`: what the gateway asks regions for their lag and digests by. Left out, those are not known. */
  readonly clusterSecret?: string | undefined
  /** Default: silent. */
  readonly logger?: GatewayLogger | undefined
  /** How long a caller who says nothing of it (causeway-deadline) waits at most, over all attempts; default 10,000. */
  readonly deadlineMs?: number | undefined
  /** How long one attempt may take while another region is left to try; default 4,000. A write that is to wait for regions may take longer. */
  readonly attemptMs?: number | undefined
  /** Between two probes of one region; default 500. */
  readonly probeEveryMs?: number | undefined
}

export interface Gateway {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Stops listening, ends what is open, and resolves when nothing is left running; a second call waits for the first. */
  close(): Promise<void>
}
