import { ReinraumError } from '@reinraum/crypto'
import { Command, CommanderError } from 'commander'
import type { Exit } from './command.ts'
import { attestationCommands } from './commands/attestation.ts'
import { budgetCommands } from './commands/budget.ts'
import { contractCommands } from './commands/contract.ts'
import { datasetCommands } from './commands/dataset.ts'
import { executorCommands } from './commands/executor.ts'
import { identityCommands } from './commands/identity.ts'
import { keysCommands } from './commands/keys.ts'
import { queryCommands } from './commands/query.ts'
import { receiptCommands } from './commands/receipt.ts'
import { resultCommands } from './commands/result.ts'
import { revokeCommand } from './commands/revoke.ts'
import { runCommands } from './commands/run.ts'
import type { ExitCode } from './exit-code.ts'
import { type Io, writeError } from './output.ts'

/** Runs one command line. @returns its exit code: 0 done, 1 error, 2 refused by a policy or a verification, 3 still sealed */
export async function runCli(argv: readonly string[], io: Io): Promise<ExitCode> {
  const exit: Exit = { code: 0 }
  const json = argv.includes('--json')
  try {
    await createProgram(io, exit, json).parseAsync([...argv], { from: 'user' })
    return exit.code
  } catch (error) {
    // Help and version are no errors; everything else that commander throws is a wrong command line.
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    if (json) writeError(io, json, new ReinraumError('invalid-argument', error.message.replace(/^error: /, '')))
    return 1
  }
}

function createProgram(io: Io, exit: Exit, json: boolean): Command {
  const program = new Command('reinraum')
    .description('A confidential data clean room: compute together over data that nobody shows')
    .option('--room <file>', 'where the services are (REINRAUM_ROOM)')
    .option('--identity <file>', 'who you are (REINRAUM_IDENTITY)')
    .option('--json', 'print JSON')
    .showHelpAfterError('(add --help for what can be said)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => void io.out.write(text), writeErr: (text) => void (json || io.err.write(text)) })
  identityCommands(program, io, exit)
  contractCommands(program, io, exit)
  attestationCommands(program, io, exit)
  keysCommands(program, io, exit)
  executorCommands(program, io, exit)
  datasetCommands(program, io, exit)
  queryCommands(program, io, exit)
  budgetCommands(program, io, exit)
  runCommands(program, io, exit)
  resultCommands(program, io, exit)
  receiptCommands(program, io, exit)
  revokeCommand(program, io, exit)
  inheritSettings(program)
  return program
}

/** Subcommands made with `.command()` copy these settings only if they were there before; here they are for all. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command)
    inheritSettings(child)
  }
}
