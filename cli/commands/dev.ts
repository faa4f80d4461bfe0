// `causeway dev`, which `npm start` runs: the whole system on one machine.

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { runDevelopment } from '../development/dev.ts'
import { defaultPort, largestPort } from '../development/layout.ts'
import { numberBetween } from './shared.ts'

interface DevOptions {
  readonly port: number
  readonly data: string
  readonly fresh?: true
  readonly sample: boolean
  readonly operatorKey?: true
}

export function addDevCommand(program: Command): void {
  program
    .command('dev')
    .description('three regions, a gateway and the console on this machine, with sample data on the first run')
    .option(
      '--port <n>',
      "the gateway's port; the regions take the three after it",
      numberBetween(1, largestPort),
      defaultPort,
    )
    .option('--data <dir>', 'folder of the state', '.causeway')
    .option('--fresh', 'remove the state first')
    .option('--no-sample', 'start without sample data')
    .option(
      '--operator-key',
      'make operator.pem in the folder of the state: regions are retired by orders that it has signed',
    )
    .action(async (options: DevOptions) => {
      await runDevelopment({
        directory: resolve(options.data),
        port: options.port,
        fresh: options.fresh === true,
        sample: options.sample,
        operatorKey: options.operatorKey === true,
        colours: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
      })
    })
}
