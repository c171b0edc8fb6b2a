import { isAcceptable } from '@reinraum/attestation'
import { verifyExecutor } from '@reinraum/client'
import type { Command } from 'commander'
import { appraisalJson, appraisalText } from '../appraisal-text.ts'
import { bind, type Exit } from '../command.ts'
import { type FloorsOptions, floorsOption } from '../floors-option.ts'
import type { Io } from '../output.ts'
import { withContract } from '../party.ts'

/** `executor`: what a partner verifies before contributing anything. */
export function executorCommands(program: Command, io: Io, exit: Exit): void {
  bind<{ contract: string } & FloorsOptions>(
    program
      .command('executor')
      .description('the executors of a contract')
      .command('verify')
      .description('ask a running executor for evidence over a fresh nonce and appraise it, before contributing')
      .requiredOption('--contract <id or file>')
      .addOption(floorsOption()),
    io,
    exit,
    (invocation, options) =>
      withContract(
        invocation,
        options.contract,
        async (session, contract) => {
          const appraisal = await verifyExecutor(session, contract)
          return {
            text: appraisalText(appraisal),
            json: appraisalJson(appraisal),
            exitCode: isAcceptable(appraisal) ? 0 : 2,
          }
        },
        options.floors,
      ),
  )
}
