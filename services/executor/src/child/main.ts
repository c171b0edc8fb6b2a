import type { Job } from './job.ts'
import { readLine, writeLine } from './lines.ts'
import { runJob } from './run-job.ts'

// One query, then the end. The job comes from the parent, which checked all of it. Whatever goes wrong says nothing: an
// engine's message can quote a value.
try {
  const ask = (said: unknown) => {
    writeLine(JSON.stringify(said))
    return JSON.parse(readLine()) as unknown
  }
  writeLine(JSON.stringify(await runJob(JSON.parse(readLine()) as Job, ask)))
} catch {
  process.exitCode = 1
}
