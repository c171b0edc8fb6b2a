import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type QueryDraft, sealDataset } from '@reinraum/client'
import type { Contract } from '@reinraum/statements'
import type { CleanRoom, PartyName } from './clean-room.ts'
import { type CommandLine, commandLine } from './command-line.ts'
import { visitsCsv } from './visits.ts'

/** Any query over the visits, with noise of a budget of 10, and nobody reviews. Each person has two visits, in one district. */
export function noisyVisits(contract: Contract): Contract {
  const slots = contract.slots.flatMap((slot) => {
    if (slot.id !== 'visits') return []
    const { columns, output } = slot.rule
    const rule = {
      ...slot.rule,
      modes: ['aggregation' as const],
      privacyUnit: { column: 'person', maxRowsPerUnit: 2, maxGroupsPerUnit: 1 },
      columns: {
        ...columns,
        district: { ...columns.district, dimension: true, domain: ['north', 'east', 'south', 'west', 'abroad'] },
      },
      output: { ...output, minimumGroupSize: 10 },
      differentialPrivacy: {
        epsilonBudget: 10,
        deltaBudget: 0,
        maxEpsilonPerQuery: 8,
        mechanism: 'discreteLaplace' as const,
        accounting: 'basic' as const,
        refresh: 'never' as const,
      },
    }
    return [{ ...slot, rule }]
  })
  return { ...contract, slots, results: { ...contract.results, reviewers: [] } }
}

/** How many visits each district has, for so much. */
export function visitsFor(epsilon: number) {
  return {
    title: 'Visits',
    purpose: 'How many',
    sql: 'SELECT district, count(*) AS visits FROM visits GROUP BY district ORDER BY district',
    parameters: [],
    privacy: { epsilon, delta: 0 },
  } satisfies QueryDraft
}

export async function sealNoisyVisits({ directory, sessions, contract }: CleanRoom): Promise<void> {
  const file = join(directory, 'visits.csv')
  await writeFile(file, visitsCsv())
  await sealDataset(sessions.health, {
    contract,
    slot: 'visits',
    file,
    stateDirectory: join(directory, 'state', 'health'),
    lineage: { dataset: 'visits', periods: [1] },
  })
}

/** A party of the clean room at its terminal. */
export async function terminalOf({ directory, identities, local }: CleanRoom, party: PartyName): Promise<CommandLine> {
  const identity = join(directory, `${party}.json`)
  await writeFile(identity, JSON.stringify(identities[party]), { mode: 0o600 })
  return commandLine({ room: local.roomFile, identity })
}
