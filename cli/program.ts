// The list of commands. Each adds itself; nothing here knows what one does.

import { Command } from 'commander'
import { addDevCommand } from './commands/dev.ts'
import { addGatewayCommand } from './commands/gateway.ts'
import { addImportCommand } from './commands/import.ts'
import { addJoinCommand } from './commands/join.ts'
import { addKeysCommand, addOperatorKeyCommand } from './commands/keys.ts'
import { addMigrateCommand } from './commands/migrate.ts'
import { addRegionCommand } from './commands/region.ts'
import { addRetireCommand } from './commands/retire.ts'
import { addStatusCommand } from './commands/status.ts'
import { addVerifyCommand } from './commands/verify.ts'

/** Throws CommanderError instead of ending the process. */
export function makeProgram(): Command {
  const program = new Command('causeway')
    .description('A commerce backend that takes orders in every region and never sells what it does not have.')
    .version('0.1.0')
    .exitOverride()
    .showHelpAfterError('(causeway --help lists the commands, causeway COMMAND --help what one takes)')
  addDevCommand(program)
  addRegionCommand(program)
  addGatewayCommand(program)
  addMigrateCommand(program)
  addKeysCommand(program)
  addOperatorKeyCommand(program)
  addImportCommand(program)
  addStatusCommand(program)
  addVerifyCommand(program)
  addRetireCommand(program)
  addJoinCommand(program)
  return program
}
