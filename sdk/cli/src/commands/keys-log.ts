import { type KeyLog, openReleasesFile, presentForgotten, readKeyLogs } from '@reinraum/client'
import { decimalOf, epsilonPlaces } from '@reinraum/privacy'
import type { Administration, AdministrativeAct, Release, Shortfall } from '@reinraum/statements'
import type { Command } from 'commander'
import { bind, type Exit } from '../command.ts'
import { type Io, oneLine, table } from '../output.ts'
import { withContract } from '../party.ts'

/** `keys log`: what the key services released, refused and did, and why. */
export function keysLogCommand(keys: Command, io: Io, exit: Exit): void {
  bind<{ contract: string; releases?: string }>(
    keys
      .command('log')
      .description('who got which keys, when, for which run, on what evidence, or why not; and what was done to keys')
      .requiredOption('--contract <id or file>')
      .option(
        '--releases <file>',
        'keep what the logs hold, and show a key service what it has forgotten; made when it is missing',
      ),
    io,
    exit,
    (invocation, options) =>
      withContract(invocation, options.contract, async (session, contract) => {
        const logs = await readKeyLogs(session, contract)
        if (options.releases !== undefined) await presentForgotten(session, contract, logs, openReleasesFile(options.releases))
        return {
          text: logs.map(logText).join('\n\n'),
          json: { keyServices: logs.map(logJson) },
          exitCode: logs.some(({ broken }) => broken !== null) ? 2 : 0,
        }
      }),
  )
}

function logText({ keyService, releases, acts, broken }: KeyLog): string {
  const verified = `${releases.length} decisions and ${acts.length} acts, each signed by ${keyService} and none left out between them`
  const heading =
    broken === null ? `${keyService}: ${verified}` : `${keyService}: BROKEN: ${oneLine(broken)}; before that ${verified}`
  const decisions = releases.map(({ document }) => releaseRow(document))
  const administration = acts.map(({ document }) => actRow(document))
  return [
    heading,
    ...(decisions.length === 0 ? [] : [table(['DECIDED', 'DECISION', 'BY', 'RUN', 'QUERY', 'EVIDENCE', 'HARDWARE'], decisions)]),
    ...(administration.length === 0 ? [] : [table(['DONE', 'ACT', 'BY', 'ON'], administration)]),
  ].join('\n')
}

function releaseRow({ decidedAt, outcome, by, run, query, evidence, hardware }: Release): readonly string[] {
  const decision =
    outcome.decision === 'released'
      ? `released ${slotsOf(outcome.datasets)}`
      : `denied: ${outcome.reason}${shortText(outcome.budget)}`
  const kind = hardware === null ? 'not seen' : hardware ? 'real' : 'SIMULATED'
  return [decidedAt, decision, by ?? 'unverified', run, query ?? 'unverified', evidence ?? 'not read', kind]
}

/** What one query could still have spent of each budget that was short. */
function shortText(shortfalls: readonly Shortfall[] = []): string {
  const parts = shortfalls.map(({ slot, fits }) =>
    fits === null ? `nothing fits in ${slot}` : `ε ${decimalOf(fits.epsilon, epsilonPlaces)} fits in ${slot}`,
  )
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

function slotsOf(datasets: readonly { readonly slot: string }[]): string {
  return datasets.map(({ slot }) => slot).join(', ')
}

function actRow({ at, act, by, byKey }: Administration): readonly string[] {
  return [at, act.type, by === null ? 'the key service' : `${by}, key ${byKey ?? ''}`, subjectOf(act)]
}

function subjectOf(act: AdministrativeAct): string {
  switch (act.type) {
    case 'key-imported':
    case 'key-destroyed':
      return `${act.slot} ${act.manifest}, wrapping key v${act.version}`
    case 'wrapping-key-rotated':
      return `${act.slot}, v${act.version}, ${act.suite}`
    case 'keys-rewrapped':
      return `${act.slot}, ${act.keys} keys under v${act.version}, ${act.suite}`
    case 'minimum-version-set':
      return `${act.slot}, v${act.version}`
    case 'destruction-scheduled':
      return `${act.slot} ${act.manifest}, due ${act.due}`
    case 'destruction-cancelled':
      return `${act.slot} ${act.manifest}`
    case 'revocation-applied':
      return act.revocation
  }
}

function logJson({ keyService, releases, acts, broken }: KeyLog) {
  return {
    keyService,
    verified: broken === null,
    broken,
    releases: releases.map(({ id, document }) => ({ id, ...document })),
    acts: acts.map(({ id, document }) => ({ id, ...document })),
  }
}
