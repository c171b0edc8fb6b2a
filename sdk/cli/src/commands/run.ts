import { cancelRun, getQuery, getRun, type RunView, runShortfalls, type Session, startRun, waitForRun } from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import type { VerifiedContract } from '@reinraum/statements'
import type { Command } from 'commander'
import { bind, type Exit, type Outcome } from '../command.ts'
import { exitCodeOfReason } from '../exit-code.ts'
import { assertFetchable, type FetchOptions, fetchResult } from '../fetch-result.ts'
import { type Io, lines } from '../output.ts'
import { readParameterValues } from '../parameter-values.ts'
import { withContract, withSession } from '../party.ts'
import { shortfallJson, shortfallText } from '../shortfall-text.ts'

export function runCommands(program: Command, io: Io, exit: Exit): void {
  const group = program.command('run').description('executions of approved queries')

  bind<{ contract: string; set: string[]; wait?: boolean; out?: string; receipt?: string }>(
    group
      .command('start')
      .description('sign a run and queue it')
      .argument('<query id>')
      .requiredOption('--contract <id or file>')
      .option('--set <name=value>', 'a parameter; repeat it for each', (value: string, all: string[]) => [...all, value], [])
      .option('--wait', 'follow it to its end, and say why if there is no result')
      .option('--out <file>', 'with --wait: open the result into this .parquet, .csv or .json file')
      .option('--receipt <file>', 'with --wait: keep the receipt bundle'),
    io,
    exit,
    async (invocation, options, queryId = '') => {
      const fetch = await fetchOptionsOf(options)
      return withContract(invocation, options.contract, async (session, contract) => {
        const { query } = await getQuery(session, contract, queryId)
        const parameters = readParameterValues(options.set, query.document.parameters)
        const runId = await startRun(session, contract, { queryId, parameters })
        if (options.wait !== true)
          return {
            text: lines([
              ['run', runId],
              ['state', 'queued'],
            ]),
            json: { runId, state: 'queued' },
          }
        const view = await waitForRun(session, runId, { onState: ({ state }) => invocation.progress(`${runId} ${state}`) })
        if (view.state !== 'completed' || fetch === undefined) return viewOutcome(session, view, contract)
        return fetchResult(session, contract, runId, fetch)
      })
    },
  )

  bind(
    group
      .command('status')
      .description('how a run stands; of one refused for want of a budget, what is left and what would fit')
      .argument('<run id>'),
    io,
    exit,
    (invocation, _, runId = '') => withSession(invocation, async (session) => viewOutcome(session, await getRun(session, runId))),
  )

  bind(group.command('cancel').description('take a run back').argument('<run id>'), io, exit, (invocation, _, runId = '') =>
    withSession(invocation, async (session) => {
      const view = await cancelRun(session, runId)
      return { ...(await viewOutcome(session, view)), exitCode: view.state === 'cancelled' ? 0 : 1 }
    }),
  )

  bind<{ contract: string; out: string; receipt?: string; wait?: boolean }>(
    group
      .command('result')
      .description('verify the receipt and open the result')
      .argument('<run id>')
      .requiredOption('--contract <id or file>')
      .requiredOption('--out <file>', '.parquet, .csv or .json')
      .option('--receipt <file>', 'keep the receipt bundle, for `receipt verify`')
      .option('--wait', 'until it is released'),
    io,
    exit,
    (invocation, options, runId = '') =>
      withContract(invocation, options.contract, async (session, contract) => {
        const fetch = { out: options.out, ...receiptOption(options) }
        await assertFetchable(fetch)
        if (options.wait === true) {
          const view = await waitForRun(session, runId, { onState: ({ state }) => invocation.progress(`${runId} ${state}`) })
          if (view.state !== 'completed') return viewOutcome(session, view, contract)
        }
        return fetchResult(session, contract, runId, fetch)
      }),
  )
}

/** What `run start` is to do with the result, checked before the run is signed: a run is paid for with an approval. */
async function fetchOptionsOf(options: {
  readonly wait?: boolean
  readonly out?: string
  readonly receipt?: string
}): Promise<FetchOptions | undefined> {
  const { wait, out } = options
  if (wait !== true && (out !== undefined || options.receipt !== undefined))
    throw new ReinraumError('invalid-argument', '--out and --receipt need --wait; without it, use `run result` later')
  if (out === undefined) {
    if (options.receipt !== undefined) throw new ReinraumError('invalid-argument', '--receipt needs --out')
    return undefined
  }
  const fetch = { out, ...receiptOption(options) }
  await assertFetchable(fetch)
  return fetch
}

function receiptOption({ receipt }: { readonly receipt?: string }) {
  return receipt === undefined ? {} : { receipt }
}

async function viewOutcome(session: Session, view: RunView, contract?: VerifiedContract): Promise<Outcome> {
  const { denials: _, ...shown } = view
  const shortfalls = await runShortfalls(session, view, contract)
  const text = lines([
    ['run', view.runId],
    ['state', view.state],
    ...(view.reason === '' ? [] : ([['reason', view.reason]] as const)),
    ...(shortfalls.length === 0 ? [] : ([['budget', shortfalls.map(shortfallText).join('\n')]] as const)),
    ['queued', view.queuedAt.toISOString()],
    ['updated', view.updatedAt.toISOString()],
  ])
  const ended = view.state === 'failed' || view.state === 'cancelled'
  const budget = shortfalls.length === 0 ? {} : { budget: shortfalls.map(shortfallJson) }
  return {
    text,
    json: { ...shown, ...budget, queuedAt: view.queuedAt.toISOString(), updatedAt: view.updatedAt.toISOString() },
    exitCode: ended ? exitCodeOfReason(view.reason) : 0,
  }
}
