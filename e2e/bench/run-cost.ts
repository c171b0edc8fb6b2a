import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { openResult, startRun, waitForRun } from '@reinraum/client'
import { startRoom } from '@reinraum/local'
import { type CleanRoom, openCleanRoom, readyToRun } from '../harness/clean-room.ts'

// The fixed cost of a run: approved, tiny data, warm services, no reviewers; from signing the run to the opened result.
// Usage: node --conditions=source e2e/bench/run-cost.ts [runs]

const runs = Number(process.argv[2] ?? 30)
const warmUps = 3
const directory = await mkdtemp(join(tmpdir(), 'reinraum-bench-'))
const local = await startRoom({
  directory: join(directory, 'room'),
  keyServices: [
    { id: 'health-keys', custody: 'owner', operator: 'health' },
    { id: 'shared-keys', custody: 'attested' },
  ],
})
try {
  const clean = await openCleanRoom(local, join(directory, 'parties'), {
    change: (contract) => ({ ...contract, results: { ...contract.results, reviewers: [] } }),
  })
  const queryId = await readyToRun(clean, { maximumRuns: runs + warmUps })
  for (let i = 0; i < warmUps; i++) await measure(clean, queryId)
  const measured: Record<string, number>[] = []
  for (let i = 0; i < runs; i++) measured.push(await measure(clean, queryId))
  clean.close()
  const inside = await executorSteps(runs)
  console.log(`${runs} runs on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`)
  console.log('step                     p50 ms   p95 ms')
  print(
    'whole run',
    measured.map((m) => m.total ?? 0),
  )
  for (const step of ['sign and queue', 'wait for the executor', 'fetch, verify, open'])
    print(
      `  ${step}`,
      measured.map((m) => m[step] ?? 0),
    )
  console.log('inside the executor')
  for (const step of Object.keys(inside[0] ?? {}))
    print(
      `  ${step}`,
      inside.map((m) => m[step] ?? 0),
    )
} finally {
  await local.stop()
  await rm(directory, { recursive: true, force: true })
}

async function measure({ sessions, contract, directory: folder }: CleanRoom, queryId: string): Promise<Record<string, number>> {
  const started = performance.now()
  const runId = await startRun(sessions.analyst, contract, { queryId, parameters: { floor: 0 } })
  const queued = performance.now()
  const view = await waitForRun(sessions.analyst, runId)
  if (view.state !== 'completed') throw new Error(`the run ended as ${view.state}: ${view.reason}`)
  const completed = performance.now()
  await openResult(sessions.analyst, contract, runId, join(folder, `${runId.slice(7, 19)}.parquet`))
  const opened = performance.now()
  return {
    total: opened - started,
    'sign and queue': queued - started,
    'wait for the executor': completed - queued,
    'fetch, verify, open': opened - completed,
  }
}

/** The executor's own times, from its log. */
async function executorSteps(last: number): Promise<readonly Record<string, number>[]> {
  const text = await readFile(join(directory, 'room', 'logs', 'executor.log'), 'utf8')
  const entries = text.split('\n').filter((line) => line.includes('run delivered'))
  return entries.slice(-last).map((line) => (JSON.parse(line) as { milliseconds: Record<string, number> }).milliseconds)
}

function print(name: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1).padStart(8)
  console.log(`${name.padEnd(24)}${at(0.5)} ${at(0.95)}`)
}
