// `causeway migrate ID`: brings a region's database to the schema of this version. Nodes refuse to start on another one.

import type { Command } from 'commander'
import { readConfiguration, regionOf } from '../configuration/read.ts'
import { Failure, messageOf } from '../failure.ts'
import { readRegionId } from './keys.ts'

interface MigrateOptions {
  readonly config: string
  readonly data?: string
  readonly json?: true
}

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description("bring a region's database to the current schema")
    .argument('<id>', "the region's id in the configuration", readRegionId)
    .requiredOption('--config <file>', 'configuration file')
    .option('--data <dir>', 'folder of the embedded Postgres, where the configuration names no database')
    .option('--json', 'print JSON')
    .action(async (id: string, options: MigrateOptions) => {
      const configuration = await readConfiguration(options.config, { kind: 'region', id }, process.env)
      const { openDatabase } = await import('../processes/database.ts')
      const { migrate } = await import('@causeway/db/postgres/migrate')
      const database = await openDatabase(regionOf(configuration, id, options.config), options.data)
      try {
        await migrate(database.url, id).catch((error: unknown) => {
          throw new Failure(`cannot migrate the database of ${id}: ${messageOf(error)}`, { cause: error })
        })
        const done =
          options.json === true ? JSON.stringify({ region: id, current: true }) : `${id} is at the current schema`
        process.stdout.write(`${done}\n`)
      } finally {
        await database.stop()
      }
    })
}
