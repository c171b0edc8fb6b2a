import type { Job } from './job.ts'
import { readLine, writeLine } from './lines.ts'
import { openQueryEngine } from './query-engine.ts'
import { runJob } from './run-job.ts'
import { warmUp } from './warm-up.ts'

// Arguments: the file for the result, what the engine may take, MiB and threads, then where it spills and how many MiB, if it does.
// One query, then the end. The job comes from the parent, which checked all of it. Whatever goes wrong says nothing: an engine's
// message can quote a value.
try {
  const ask = (said: unknown) => {
    writeLine(JSON.stringify(said))
    return JSON.parse(readLine()) as unknown
  }
  const [result = '', memoryMiB, threads, directory, mebibytes] = process.argv.slice(2)
  const spilling = directory === undefined ? undefined : { directory, mebibytes: Number(mebibytes) }
  const engine = await openQueryEngine(Number(memoryMiB), Number(threads), spilling)
  await warmUp(engine, result)
  writeLine(JSON.stringify(await runJob(engine, JSON.parse(readLine()) as Job, ask)))
  // The engine goes with its process: closing it in order takes longer.
  process.exit(0)
} catch {
  process.exit(1)
}
