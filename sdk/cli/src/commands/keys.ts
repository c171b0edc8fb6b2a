import { describeKeyService, type KeyServiceVerification, verifyKeyService } from '@reinraum/client'
import type { Command } from 'commander'
import { appraisalJson, appraisalText } from '../appraisal-text.ts'
import { bind, type Exit } from '../command.ts'
import { type FloorsOptions, floorsOption } from '../floors-option.ts'
import type { Io } from '../output.ts'
import { withContract, withSession } from '../party.ts'
import { controlText } from '../seal-text.ts'
import { keysAdministrationCommands } from './keys-administration.ts'
import { keysAlgorithmsCommand } from './keys-algorithms.ts'
import { keysDestroyCommand } from './keys-destroy.ts'
import { keysImportCommands } from './keys-import.ts'
import { keysListCommands } from './keys-list.ts'
import { keysLogCommand } from './keys-log.ts'
import { recoveryCommands } from './keys-recovery.ts'
import { sealCommands } from './keys-seal.ts'
import { revokeCommand } from './revoke.ts'

/** `keys`: what an owner verifies before its dataset's key goes anywhere, and what becomes of keys afterwards. */
export function keysCommands(program: Command, io: Io, exit: Exit): void {
  const keys = program.command('keys').description('the key services of a contract')

  bind<{ contract: string; service?: string } & FloorsOptions>(
    keys
      .command('verify')
      .description('ask each key service for fresh evidence and compare it with the contract')
      .requiredOption('--contract <id or file>')
      .option('--service <id>', 'only this one')
      .addOption(floorsOption()),
    io,
    exit,
    (invocation, options) =>
      withContract(
        invocation,
        options.contract,
        async (session, contract) => {
          const ids = options.service === undefined ? contract.document.keyServices.map(({ id }) => id) : [options.service]
          const verified = []
          for (const id of ids) verified.push(await verifyKeyService(session, contract, id))
          return { text: verified.map(verificationText).join('\n'), json: { keyServices: verified.map(verificationJson) } }
        },
        options.floors,
      ),
  )

  bind(
    keys
      .command('describe')
      .description('what a key service says of itself, unverified: for a contract that is being written')
      .argument('<id>'),
    io,
    exit,
    (invocation, _, id = '') =>
      withSession(invocation, async (session) => {
        const description = await describeKeyService(session, id)
        return { text: JSON.stringify(description, null, 2), json: description }
      }),
  )

  sealCommands(keys, io, exit)
  recoveryCommands(keys, io, exit)
  keysImportCommands(keys, io, exit)
  keysListCommands(keys, io, exit)
  keysAdministrationCommands(keys, io, exit)
  keysDestroyCommand(keys, io, exit)
  keysLogCommand(keys, io, exit)
  revokeCommand(keys, io, exit)
  keysAlgorithmsCommand(keys, io, exit)
}

function verificationText({ id, custody, appraisal, control }: KeyServiceVerification): string {
  const said = appraisal === null ? 'holds the keys that the contract pins' : appraisalText(appraisal)
  return `${id} (${custody}): ${said}\n${controlText(control)}`
}

function verificationJson({ id, custody, appraisal, control }: KeyServiceVerification) {
  return { id, custody, control, appraisal: appraisal === null ? null : appraisalJson(appraisal) }
}
