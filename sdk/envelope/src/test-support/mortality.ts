import { parentPort } from 'node:worker_threads'
import type { Job, Request } from '../job.ts'

/** The chunk that a job begins with where the thread dies. */
const deadly = 192

parentPort?.on('message', (request: Request) => {
  if (request !== 'close' && firstOf(request.job) === deadly) process.exit(1)
})

function firstOf(job: Job): number | undefined {
  if (job.kind === 'unseal') return job.parts[0]?.first
  return job.kind === 'seal' ? job.first : undefined
}
