import { readFile, rm } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { type Room, roomSchema } from '@reinraum/client'
import type { LocalRoom } from '../local-room.ts'
import { startRoom } from '../start-room.ts'
import { connectParties, identityFile } from './parties.ts'
import { type Scenario, steps } from './scenario.ts'
import { showSteps } from './show-steps.ts'
import { tableText } from './show-table.ts'
import { demoSources } from './sources.ts'
import type { Step, StepRecord } from './steps.ts'

export interface DemonstrationOptions {
  readonly directory: string
  /** end after the result instead of keeping the room up */
  readonly once: boolean
  readonly out: NodeJS.WriteStream
  readonly signal: AbortSignal
}

interface Context {
  starting?: Promise<LocalRoom>
  scenario?: Scenario
}

/** Starts a room on this machine, takes real data the whole way through it, and shows what proves each step. */
export async function runDemonstration({ directory, once, out, signal }: DemonstrationOptions): Promise<void> {
  const root = resolve(directory)
  out.write('Reinraum: three agencies, one answer, on SIMULATED hardware (this machine has no TEE that anyone could verify)\n\n')
  const context: Context = {}
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true })
  })
  stopped.catch(() => {})
  try {
    const all: readonly Step<Context>[] = [
      {
        number: 0,
        title: 'NATS and five kinds of service start as processes of their own',
        run: (c) => startProcesses(c, root, out, signal),
      },
      ...steps.map((step) => ({ ...step, run: (c: Context, report: (text: string) => void) => step.run(scenarioOf(c), report) })),
    ]
    const records = await Promise.race([showSteps(all, context, out), stopped])
    showOutcome(out, scenarioOf(context), records)
    if (once) return
    out.write(usage(root, scenarioOf(context)))
    await stopped.catch(() => {})
    out.write('\nStopping …\n')
  } finally {
    for (const session of Object.values(context.scenario?.sessions ?? {})) session.close()
    // Interrupted while it starts, the room undoes what it began.
    const local = await context.starting?.catch(() => undefined)
    await local?.stop()
  }
}

async function startProcesses(context: Context, root: string, out: NodeJS.WriteStream, signal: AbortSignal) {
  context.starting = startRoom({
    directory: root,
    signal,
    onUnexpectedExit: (name, how) =>
      out.write(`\n${name} ${how}; its log is in ${relative(process.cwd(), join(root, 'logs'))}\n`),
    keyServices: [
      { id: 'aviation-keys', custody: 'owner', operator: 'aviation' },
      { id: 'shared-keys', custody: 'attested' },
    ],
  })
  const local = await context.starting
  await rm(join(root, 'result.parquet'), { force: true })
  const room: Room = roomSchema.parse(JSON.parse(await readFile(local.roomFile, 'utf8')))
  context.scenario = {
    directory: root,
    sessions: await connectParties(root, room),
    sources: await demoSources(root),
    referenceValues: local.referenceValues(),
  }
  return [{ id: relative(process.cwd(), local.roomFile), note: [...local.services.keys()].join(', ') }]
}

function scenarioOf({ scenario }: Context): Scenario {
  if (scenario === undefined) throw new Error('the room has not started')
  return scenario
}

function showOutcome(out: NodeJS.WriteStream, { table, result }: Scenario, records: readonly StepRecord[]): void {
  out.write('\nWhat proves each step\n')
  for (const { number, outcomes, title, milliseconds } of records) {
    out.write(`${number === 0 ? ' ' : number} ${title} (${(milliseconds / 1000).toFixed(1)} s)\n`)
    for (const { id, note } of outcomes) out.write(`    ${id}${note === undefined ? '' : `  ${note}`}\n`)
  }
  out.write('\nThe answer, as the analyst sees it\n\n')
  if (table !== undefined) out.write(`${tableText(table, 24)}\n`)
  const verification = result?.verification
  out.write(`\nReceipt ${verification?.receipt?.id ?? ''}: ${verification?.valid === true ? 'verified' : 'NOT verified'}, `)
  out.write(`${verification?.appraisal?.hardware === true ? 'hardware' : 'SIMULATED hardware'}\n`)
}

function usage(root: string, { contract, queryId, runId }: Scenario): string {
  const path = (file: string) => relative(process.cwd(), file)
  const as = (party: Parameters<typeof identityFile>[1]) =>
    `npm run -s reinraum -- --room ${path(join(root, 'room.json'))} --identity ${path(identityFile(root, party))}`
  return `
The room stays up; end it with Ctrl-C. From another terminal, as the analyst:

  ${as('safety-board')} contract show ${contract?.id}
  ${as('safety-board')} executor verify --contract ${contract?.id}
  ${as('safety-board')} run start ${queryId} --contract ${contract?.id} --set since=1995-01-01 --wait --out strikes.csv

and, while that waits, as the reviewer:

  ${as('wildlife')} result review --contract ${contract?.id}
  ${as('wildlife')} result review <run id> --contract ${contract?.id}

The result of the run above, and its receipt, to be checked offline:

  ${as('safety-board')} run result ${runId} --contract ${contract?.id} --out strikes.parquet --receipt receipt.json
  npm run -s reinraum -- receipt verify receipt.json
`
}
