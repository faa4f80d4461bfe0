// `causeway gateway [ID]`: one gateway, until it is told to stop.

import { type Command, InvalidArgumentError } from 'commander'
import { gatewayOf, readConfiguration } from '../configuration/read.ts'
import { Failure, messageOf } from '../failure.ts'
import { makeLogger } from '../ports.ts'
import { stopWithin, untilTold } from '../processes/lifetime.ts'
import { checkListening, type ListenAddress, readListen, urlOfRegion } from '../processes/listen.ts'

interface GatewayCommandOptions {
  readonly config: string
  readonly listen?: ListenAddress
  readonly app?: Readonly<Record<string, string>>
}

export function addGatewayCommand(program: Command): void {
  program
    .command('gateway')
    .description('one gateway')
    .argument('[id]', 'which of the gateways in the configuration (default: the first)')
    .requiredOption('--config <file>', 'configuration file')
    .option('--listen <host:port>', 'instead of the address in the configuration', readListen)
    .option(
      '--app <path=folder>',
      'serve an app of built files under a path, such as /shop=dist; may be repeated',
      readApp,
    )
    .action(async (id: string | undefined, options: GatewayCommandOptions) => {
      const told = untilTold()
      const role = { kind: 'gateway', id: id ?? null } as const
      const configuration = await readConfiguration(options.config, role, process.env)
      const { id: name, listen: configured, region } = gatewayOf(configuration, role.id, options.config)
      const listen = options.listen ?? configured
      checkListening(listen, configuration.auth)
      const logger = makeLogger(name)
      // Loaded here alone: other commands start without it.
      const { startGateway } = await import('@causeway/gateway/server')
      const gateway = await startGateway({
        id: name,
        listen,
        region,
        regions: configuration.regions.map((each) => ({ id: each.id, url: urlOfRegion(each) })),
        subgraphs: configuration.subgraphs ?? [],
        auth: configuration.auth,
        apps: options.app ?? {},
        clusterSecret: configuration.cluster.secret,
        logger,
      }).catch((error: unknown) => {
        throw new Failure(messageOf(error), { cause: error })
      })
      logger.info({ url: gateway.url }, 'listening')
      const reason = await told
      logger.info({ reason }, 'stopping')
      await stopWithin(
        () => gateway.close(),
        () => logger.error({}, 'did not stop in time'),
      )
    })
}

/** `/shop=dist`, after those before it. */
function readApp(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, path, folder] = /^((?:\/[a-z0-9][a-z0-9-]*)+)=(.+)$/.exec(text) ?? []
  if (path === undefined || folder === undefined || /^\/(?:graphql|graphiql|assets|health|metrics)\b/.test(path))
    throw new InvalidArgumentError('must be a path that the gateway does not use itself, =, and a folder: /shop=dist')
  return { ...before, [path]: folder }
}
