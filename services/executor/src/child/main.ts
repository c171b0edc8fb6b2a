import { readFileSync } from 'node:fs'
import { jobSchema } from './job.ts'
import { runJob } from './run-job.ts'

// One query, then the end. Whatever goes wrong says nothing: an engine's message can quote a value.
try {
  const job = jobSchema.parse(JSON.parse(readFileSync(0, 'utf8')))
  const outcome = await runJob(job)
  process.stdout.write(JSON.stringify(outcome))
} catch {
  process.exitCode = 1
}
