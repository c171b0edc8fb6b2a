import type { Job } from './job.ts'
import { readLine, writeLine } from './lines.ts'
import { openQueryEngine } from './query-engine.ts'
import { runJob } from './run-job.ts'

// Arguments: what the engine may take, MiB and threads. One query, then the end. The job comes from the parent, which checked all of it. Whatever goes wrong says nothing: an
// engine's message can quote a value.
try {
  const ask = (said: unknown) => {
    writeLine(JSON.stringify(said))
    return JSON.parse(readLine()) as unknown
  }
  const [memoryMiB, threads] = process.argv.slice(2).map(Number)
  const engine = await openQueryEngine(memoryMiB ?? 0, threads ?? 0)
  writeLine(JSON.stringify(await runJob(engine, JSON.parse(readLine()) as Job, ask)))
  // The engine goes with its process: closing it in order takes longer.
  process.exit(0)
} catch {
  process.exit(1)
}
