import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { openResult, startRun, waitForRun } from '@reinraum/client'
import { type CleanRoom, openCleanRoom, readyToRun } from '../harness/clean-room.ts'
import { inRoom } from './in-room.ts'

// The fixed cost of a run: approved, tiny data, warm services, no reviewers; from signing the run to the opened result.
// Usage: node --conditions=source e2e/bench/run-cost.ts [runs]

/** One step of a run, in milliseconds. */
export interface StepCost {
  readonly step: string
  readonly inside: 'run' | 'executor'
  readonly p50: number
  readonly p95: number
}

export interface RunCost {
  readonly runs: number
  readonly perSecond: number
  readonly whole: Omit<StepCost, 'step' | 'inside'>
  readonly steps: readonly StepCost[]
}

const warmUps = 3

/** Small runs, one after the other, in a room of its own. */
export async function measureRunCost(runs: number): Promise<RunCost> {
  return inRoom(async (local, directory) => {
    const clean = await openCleanRoom(local, join(directory, 'parties'), {
      change: (contract) => ({ ...contract, results: { ...contract.results, reviewers: [] } }),
    })
    const queryId = await readyToRun(clean, { maximumRuns: runs + warmUps })
    for (let i = 0; i < warmUps; i++) await measure(clean, queryId)
    const measured: { readonly total: number; readonly steps: Milliseconds }[] = []
    const started = performance.now()
    for (let i = 0; i < runs; i++) measured.push(await measure(clean, queryId))
    const seconds = (performance.now() - started) / 1000
    clean.close()
    const steps = [
      ...quantilesOf(measured.map((run) => run.steps)).map((step) => ({ ...step, inside: 'run' as const })),
      ...quantilesOf(await executorSteps(directory, runs)).map((step) => ({ ...step, inside: 'executor' as const })),
    ]
    return { runs, perSecond: runs / seconds, whole: quantiles(measured.map(({ total }) => total)), steps }
  })
}

type Milliseconds = Readonly<Record<string, number>>

async function measure({ sessions, contract, directory: folder }: CleanRoom, queryId: string) {
  const started = performance.now()
  const runId = await startRun(sessions.analyst, contract, { queryId, parameters: { floor: 0 } })
  const queued = performance.now()
  const view = await waitForRun(sessions.analyst, runId)
  if (view.state !== 'completed') throw new Error(`the run ended as ${view.state}: ${view.reason}`)
  const completed = performance.now()
  await openResult(sessions.analyst, contract, runId, join(folder, `${runId.slice(7, 19)}.parquet`))
  const opened = performance.now()
  const steps: Milliseconds = {
    'sign and queue': queued - started,
    'wait for the executor': completed - queued,
    'fetch, verify, open': opened - completed,
  }
  return { total: opened - started, steps }
}

/** The executor's own times, from its log. */
async function executorSteps(directory: string, last: number): Promise<readonly Milliseconds[]> {
  const text = await readFile(join(directory, 'room', 'logs', 'executor.log'), 'utf8')
  const entries = text.split('\n').filter((line) => line.includes('run delivered'))
  return entries.slice(-last).map((line) => (JSON.parse(line) as { milliseconds: Milliseconds }).milliseconds)
}

function quantilesOf(runs: readonly Milliseconds[]) {
  return Object.keys(runs[0] ?? {}).map((step) => ({ step, ...quantiles(runs.map((run) => run[step] ?? 0)) }))
}

function quantiles(values: readonly number[]): { readonly p50: number; readonly p95: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { p50: at(0.5), p95: at(0.95) }
}

function line(name: string, { p50, p95 }: { readonly p50: number; readonly p95: number }): string {
  return `${name.padEnd(24)}${p50.toFixed(1).padStart(8)} ${p95.toFixed(1).padStart(8)}`
}

if (import.meta.main) {
  const { runs, perSecond, whole, steps } = await measureRunCost(Number(process.argv[2] ?? 30))
  const of = (inside: StepCost['inside']) =>
    steps.filter((step) => step.inside === inside).map((cost) => line(`  ${cost.step}`, cost))
  console.log(`${runs} runs on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${perSecond.toFixed(1)} a second\n`)
  console.log(
    [
      'step                     p50 ms   p95 ms',
      line('whole run', whole),
      ...of('run'),
      'inside the executor',
      ...of('executor'),
    ].join('\n'),
  )
}
