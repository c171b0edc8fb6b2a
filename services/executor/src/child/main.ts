import { readFileSync } from 'node:fs'
import type { Job } from './job.ts'
import { runJob } from './run-job.ts'

// One query, then the end. The job comes from the parent, which checked all of it. Whatever goes wrong says nothing: an
// engine's message can quote a value.
try {
  const outcome = await runJob(JSON.parse(readFileSync(0, 'utf8')) as Job)
  process.stdout.write(JSON.stringify(outcome))
} catch {
  process.exitCode = 1
}
