import { checkBudget, checkQuery } from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import type { Command } from 'commander'
import { budgetCheckJson, budgetCheckText, isAffordable } from '../budget-check-text.ts'
import { bind, type Exit } from '../command.ts'
import { guardJson, guardText } from '../guard-text.ts'
import { nameless, readSlotSources, type SlotSources } from '../offline-slots.ts'
import type { Io } from '../output.ts'
import { withContract } from '../party.ts'
import { type QueryOptions, readQueryDraft } from '../query-draft.ts'

/**
 * What the guard says about a query, before anybody is asked. Nothing leaves this machine unless a contract is fetched, or what is
 * left of its budgets.
 */
export function queryCheckCommand(group: Command, io: Io, exit: Exit): void {
  const collect = (value: string, earlier: readonly string[]) => [...earlier, value]
  bind<QueryOptions & SlotSources & { budget?: boolean }>(
    group
      .command('check')
      .description('what the guard says about a query, how to change it, and what approvers will read')
      .argument('<file>', 'SQL or YAML')
      .option('--contract <id or file>', 'a contract, or the draft of one; offline when it is a file')
      .option('--rule <[dataset=]file>', 'an analysis rule that is in no contract yet; once per dataset', collect, [])
      .option('--schema <[dataset=]file>', 'CREATE TABLE statements, each named as its dataset', collect, [])
      .option('--as <member>', 'the member who will ask: rules can show them what overlaps with their rows')
      .option('--own <dataset>', 'a dataset in no contract yet that is your own; repeat it for several', collect, [])
      .option('--parameters <file>', 'YAML or JSON list of parameters with their domains')
      .option('--epsilon <number>', 'what it spends of each dataset whose rule asks for noise')
      .option('--delta <number>', 'the same; 0 unless given')
      .option('--budget', 'with --contract, online: what is left of each budget, and whether it fits; ends with 2 if not'),
    io,
    exit,
    async (invocation, options, file = '') => {
      if (options.budget === true && options.contract === undefined)
        throw new ReinraumError('invalid-argument', '--budget needs --contract: what is left is known of contracts only')
      const [slots, draft] = await Promise.all([readSlotSources(invocation, options), readQueryDraft(file, options)])
      const by = options.as ?? (options.own.length > 0 ? nameless : undefined)
      const result = await checkQuery(slots, draft, { by })
      const verdict = { text: guardText(result, draft.sql), json: guardJson(result) }
      if (result.verdict === 'refused') return { ...verdict, exitCode: 2 }
      if (options.budget !== true || options.contract === undefined) return verdict
      // What the guard refuses has no cost.
      const query = { slots: result.plan.slots.map(({ id }) => id), privacy: draft.privacy }
      const budget = await withContract(invocation, options.contract, (session, contract) =>
        checkBudget(session, contract, query),
      )
      return {
        text: `${verdict.text}\n\n${budgetCheckText(budget)}`,
        json: { ...verdict.json, budget: budgetCheckJson(budget) },
        exitCode: isAffordable(budget) ? 0 : 2,
      }
    },
  )
}
