import { parentPort } from 'node:worker_threads'
import type { Request } from '../job.ts'

/** The chunk that a job begins with where the thread dies. */
const deadly = 192

parentPort?.on('message', (request: Request) => {
  if (request !== 'close' && 'first' in request.job && request.job.first === deadly) process.exit(1)
})
