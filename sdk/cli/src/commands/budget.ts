import { type LedgerRecord, openReleasesFile, presentForgotten, readKeyLogs, readLedgers } from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import type { Command } from 'commander'
import { ledgerJson, ledgerText } from '../budget-text.ts'
import { bind, type Exit } from '../command.ts'
import type { Io } from '../output.ts'
import { withContract } from '../party.ts'

/** `budget`: what was spent of the datasets whose rules ask for noise, and what is left. */
export function budgetCommands(program: Command, io: Io, exit: Exit): void {
  bind<{ contract: string; slot?: string; releases?: string }>(
    program
      .command('budget')
      .description('what queries spend of privacy')
      .command('show')
      .description(
        'what is left of each budget, and what spent the rest; verified here against the chain and the release log; 2 if broken or locked',
      )
      .requiredOption('--contract <id or file>')
      .option('--slot <slot>', 'only of this one')
      .option('--releases <file>', 'keep the releases of the logs, and show a key service what it has forgotten'),
    io,
    exit,
    (invocation, { contract: reference, slot, releases }) =>
      withContract(invocation, reference, async (session, contract) => {
        if (slot !== undefined && !contract.document.slots.some(({ id }) => id === slot))
          throw new ReinraumError('not-found', `the contract has no slot ${slot}`)
        if (releases !== undefined) {
          const logs = await readKeyLogs(session, contract)
          await presentForgotten(session, contract, logs, openReleasesFile(releases))
        }
        const ledgers = (await readLedgers(session, contract)).filter((ledger) => slot === undefined || ledger.slot === slot)
        return {
          text: ledgers.length === 0 ? 'no dataset here has a budget for noise' : ledgers.map(ledgerText).join('\n\n'),
          json: { ledgers: ledgers.map(ledgerJson) },
          exitCode: ledgers.some(isUnusable) ? 2 : 0,
        }
      }),
  )
}

/** What is left of it cannot be told, or cannot be had. */
function isUnusable({ broken, locked }: LedgerRecord): boolean {
  return broken !== null || locked !== null
}
