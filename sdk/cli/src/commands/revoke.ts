import { revoke } from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import type { Revocation } from '@reinraum/statements'
import type { Command } from 'commander'
import { bind, type Exit } from '../command.ts'
import { delivered } from '../delivery-text.ts'
import type { Io } from '../output.ts'
import { withContract } from '../party.ts'

interface RevokeOptions {
  readonly contract: string
  readonly reason: string
  readonly approval?: string
  readonly dataset?: string
  readonly member?: string
  readonly wholeContract?: boolean
}

export function revokeCommand(program: Command, io: Io, exit: Exit): void {
  bind<RevokeOptions>(
    program
      .command('revoke')
      .description('take back an approval, a dataset version, a member or the whole contract, at once')
      .requiredOption('--contract <id or file>')
      .requiredOption('--reason <text>')
      .option('--approval <id>')
      .option('--dataset <manifest id>')
      .option('--member <id>')
      .option('--whole-contract'),
    io,
    exit,
    (invocation, options) =>
      withContract(invocation, options.contract, async (session, contract) => {
        const { revocationId, deliveries } = await revoke(session, contract, targetOf(options), options.reason)
        return delivered('revocation', revocationId, deliveries)
      }),
  )
}

function targetOf({ approval, dataset, member, wholeContract }: RevokeOptions): Revocation['target'] {
  const targets: Revocation['target'][] = [
    ...(approval === undefined ? [] : [{ type: 'approval' as const, approval }]),
    ...(dataset === undefined ? [] : [{ type: 'datasetVersion' as const, manifest: dataset }]),
    ...(member === undefined ? [] : [{ type: 'member' as const, member }]),
    ...(wholeContract === true ? [{ type: 'contract' as const }] : []),
  ]
  const [target] = targets
  if (target === undefined || targets.length > 1) {
    throw new ReinraumError('invalid-argument', 'name exactly one of --approval, --dataset, --member and --whole-contract')
  }
  return target
}
