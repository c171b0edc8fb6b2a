import { checkQuery } from '@reinraum/client'
import type { Command } from 'commander'
import { bind, type Exit } from '../command.ts'
import { guardJson, guardText } from '../guard-text.ts'
import { nameless, readSlotSources, type SlotSources } from '../offline-slots.ts'
import type { Io } from '../output.ts'
import { type QueryOptions, readQueryDraft } from '../query-draft.ts'

/** What the guard says about a query, before anybody is asked. Nothing leaves this machine unless a contract is fetched. */
export function queryCheckCommand(group: Command, io: Io, exit: Exit): void {
  const collect = (value: string, earlier: readonly string[]) => [...earlier, value]
  bind<QueryOptions & SlotSources>(
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
      .option('--delta <number>', 'the same; 0 unless given'),
    io,
    exit,
    async (invocation, options, file = '') => {
      const [slots, draft] = await Promise.all([readSlotSources(invocation, options), readQueryDraft(file, options)])
      const by = options.as ?? (options.own.length > 0 ? nameless : undefined)
      const result = await checkQuery(slots, draft, { by })
      return { text: guardText(result, draft.sql), json: guardJson(result), exitCode: result.verdict === 'allowed' ? 0 : 2 }
    },
  )
}
