// `causeway region ID`: one node of one region, until it is told to stop.

import type { Command } from 'commander'
import { readConfiguration, regionOf } from '../configuration/read.ts'
import { makePorts } from '../ports.ts'
import { stopWithin, untilTold } from '../processes/lifetime.ts'
import { type ListenAddress, readListen } from '../processes/listen.ts'
import { readRegionId } from './keys.ts'

interface RegionOptions {
  readonly config: string
  readonly listen?: ListenAddress
  readonly data?: string
}

export function addRegionCommand(program: Command): void {
  program
    .command('region')
    .description('one node of one region')
    .argument('<id>', "the region's id in the configuration", readRegionId)
    .requiredOption('--config <file>', 'configuration file')
    .option('--listen <host:port>', 'instead of the address in the configuration', readListen)
    .option(
      '--data <dir>',
      'folder of the embedded Postgres, where the configuration names no database (default: .causeway/ID)',
    )
    .action(async (id: string, options: RegionOptions) => {
      // Before anything is started: a signal that comes meanwhile must stop what has been.
      const told = untilTold()
      const configuration = await readConfiguration(options.config, { kind: 'region', id }, process.env)
      const ports = makePorts(id)
      // Loaded here alone, for the rooms of a node take a second to load.
      const { startNode } = await import('../processes/node.ts')
      const node = await startNode({
        configuration,
        configurationFile: options.config,
        region: regionOf(configuration, id, options.config),
        ports,
        ...(options.listen === undefined ? {} : { listen: options.listen }),
        ...(options.data === undefined ? {} : { dataDirectory: options.data }),
      })
      // Whoever keeps the process running starts the next one.
      const over = node.over.then((reason) => {
        process.exitCode = 1
        return reason
      })
      const reason = await Promise.race([told, over])
      ports.logger.info({ reason }, 'stopping')
      await stopWithin(
        () => node.stop(),
        () => ports.logger.error({}, 'did not stop in time'),
      )
    })
}
