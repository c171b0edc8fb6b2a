import { approveResult, listReviews, rejectResult } from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import type { Command } from 'commander'
import { bind, type Exit } from '../command.ts'
import { fetchResult } from '../fetch-result.ts'
import { type Io, lines, table } from '../output.ts'
import { withContract } from '../party.ts'

export function resultCommands(program: Command, io: Io, exit: Exit): void {
  bind<{ contract: string; reject?: string; inspect?: string }>(
    program
      .command('result')
      .description('results before their release')
      .command('review')
      .description('let a result pass; without a run id, what waits for your review')
      .argument('[run id]')
      .requiredOption('--contract <id or file>')
      .option('--reject <reason>', 'stop it for good instead')
      .option('--inspect <file>', 'only look: open it into this .parquet, .csv or .json file'),
    io,
    exit,
    (invocation, options, runId) =>
      withContract(invocation, options.contract, async (session, contract) => {
        if (runId === undefined) {
          const reviews = await listReviews(session, contract)
          const rows = reviews.map((review) => [review.depositedAt.toISOString(), review.queryId, review.runId])
          return { text: table(['DEPOSITED', 'QUERY', 'RUN'], rows), json: { reviews } }
        }
        if (options.inspect !== undefined) return fetchResult(session, contract, runId, { out: options.inspect, inspect: true })
        if (options.reject === '') throw new ReinraumError('invalid-argument', 'say why with --reject <reason>')
        const outcome =
          options.reject === undefined
            ? await approveResult(session, contract, runId)
            : await rejectResult(session, runId, options.reject)
        const text = lines([
          ['run', runId],
          ['state', outcome.state],
          ['next reviewer', outcome.nextReviewer || 'nobody'],
        ])
        return { text, json: { runId, ...outcome } }
      }),
  )
}
