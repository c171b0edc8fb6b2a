import {
  approveQuery,
  checkQuery,
  getQuery,
  listQueries,
  newestManifests,
  proposeQuery,
  type QueryRecord,
  rejectQuery,
  slotsAsSealed,
} from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import type { Privacy } from '@reinraum/statements'
import type { Command } from 'commander'
import { bind, type Exit } from '../command.ts'
import { delivered } from '../delivery-text.ts'
import { guardJson, guardText } from '../guard-text.ts'
import { type Io, lines, table } from '../output.ts'
import { withContract } from '../party.ts'
import { type QueryOptions, readQueryDraft } from '../query-draft.ts'
import { queryCheckCommand } from './query-check.ts'

export function queryCommands(program: Command, io: Io, exit: Exit): void {
  const group = program.command('query').description('what may be asked')

  queryCheckCommand(group, io, exit)

  bind<QueryOptions & { contract: string }>(
    withQueryOptions(
      group.command('propose').description('sign a query and put it before the owners').argument('<file>', 'SQL or YAML'),
    ),
    io,
    exit,
    (invocation, options, file = '') =>
      withContract(invocation, options.contract, async (session, contract) => {
        const queryId = await proposeQuery(session, contract, await readQueryDraft(file, options))
        return { text: lines([['query', queryId]]), json: { queryId } }
      }),
  )

  bind<{ contract: string; days: string; runs: string }>(
    group
      .command('approve')
      .description('allow a query on the newest versions of your datasets')
      .argument('<query id>')
      .requiredOption('--contract <id or file>')
      .option('--days <number>', 'for how long', '30')
      .option('--runs <number>', 'how often', '1'),
    io,
    exit,
    (invocation, options, queryId = '') =>
      withContract(invocation, options.contract, async (session, contract) => {
        const days = wholeNumber('--days', options.days)
        const notAfter = new Date(session.now().getTime() + days * 86_400_000).toISOString()
        const maximumRuns = wholeNumber('--runs', options.runs)
        const newest = await newestManifests(session, contract, queryId)
        const versions = Object.fromEntries(newest.map(({ id, document }) => [document.slot, [id]]))
        const approvalId = await approveQuery(session, contract, queryId, { notAfter, maximumRuns, versions })
        return {
          text: lines([
            ['approval', approvalId],
            ['until', notAfter],
            ['runs', options.runs],
            ['of', newest.map(({ id, document }) => `${document.slot} version ${document.version}, ${id}`).join('\n')],
          ]),
          json: { approvalId, notAfter, maximumRuns, versions },
        }
      }),
  )

  bind<{ contract: string; reason: string }>(
    group
      .command('reject')
      .description('refuse a query')
      .argument('<query id>')
      .requiredOption('--contract <id or file>')
      .requiredOption('--reason <text>'),
    io,
    exit,
    (invocation, options, queryId = '') =>
      withContract(invocation, options.contract, async (session, contract) => {
        const { rejectionId, deliveries } = await rejectQuery(session, contract, queryId, options.reason)
        return delivered('rejection', rejectionId, deliveries)
      }),
  )

  bind<{ contract: string }>(
    group.command('list').description('the queries of a contract').requiredOption('--contract <id or file>'),
    io,
    exit,
    (invocation, options) =>
      withContract(invocation, options.contract, async (session, contract) => {
        const records = await listQueries(session, contract)
        const rows = records.map(({ query, decisions }) => [
          query.document.title,
          query.document.by,
          decisionsText(decisions),
          query.id,
        ])
        return { text: table(['TITLE', 'BY', 'DECISIONS', 'QUERY'], rows), json: { queries: records.map(recordJson) } }
      }),
  )

  bind<{ contract: string }>(
    group
      .command('show')
      .description('one query with its decisions, and what the guard says about it')
      .argument('<query id>')
      .requiredOption('--contract <id or file>'),
    io,
    exit,
    (invocation, options, queryId = '') =>
      withContract(invocation, options.contract, async (session, contract) => {
        const record = await getQuery(session, contract, queryId)
        const { document } = record.query
        const verdict = await checkQuery(await slotsAsSealed(session, contract), document, { by: document.by })
        const text = [
          lines([
            ['query', record.query.id],
            ['title', document.title],
            ['purpose', document.purpose],
            ['by', document.by],
            ['reads', document.slots.join(', ')],
            ...(document.privacy === undefined ? [] : ([['spends', privacyText(document.privacy)]] as const)),
            ['decisions', decisionsText(record.decisions)],
          ]),
          ...document.parameters.map((parameter) => `  $${parameter.name} ${parameter.type} ${JSON.stringify(parameter.domain)}`),
          '',
          document.sql,
          '',
          guardText(verdict, document.sql),
        ]
        return { text: text.join('\n'), json: { ...recordJson(record), guard: guardJson(verdict) } }
      }),
  )
}

function withQueryOptions(command: Command): Command {
  return command
    .requiredOption('--contract <id or file>')
    .option('--title <text>')
    .option('--purpose <text>')
    .option('--parameters <file>', 'YAML or JSON list of parameters with their domains')
    .option('--epsilon <number>', 'what it spends of each dataset whose rule asks for noise')
    .option('--delta <number>', 'the same; 0 unless given')
}

function privacyText({ epsilon, delta }: Privacy): string {
  return `ε ${epsilon}, δ ${delta} of each dataset that asks for noise`
}

function decisionsText(decisions: QueryRecord['decisions']): string {
  return (
    decisions
      .map(({ document }) => `${document.by} ${document.kind === 'reinraum/approval/v1' ? 'approves' : 'rejects'}`)
      .join(', ') || 'none yet'
  )
}

function recordJson({ query, decisions }: QueryRecord) {
  return { id: query.id, ...query.document, decisions: decisions.map((decision) => ({ id: decision.id, ...decision.document })) }
}

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new ReinraumError('invalid-argument', `${option} takes a whole number from 1`)
  return Number(text)
}
