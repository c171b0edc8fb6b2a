import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { PlainJob } from './plain-query.ts'

export interface PlainRun {
  /** from the question to the answer in its file */
  readonly milliseconds: number
  readonly peakBytes: number
}

/** Plain DuckDB in a fresh process, which is open before the clock starts and ends after it has stopped. */
export async function runPlain(
  job: PlainJob,
  limits: { readonly threads: number; readonly memoryMiB: number },
): Promise<PlainRun> {
  const program = fileURLToPath(new URL('./plain-query.ts', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, program, String(limits.threads), String(limits.memoryMiB)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    if ((await lines.next()).value !== 'open') throw new Error('plain DuckDB did not start')
    const started = performance.now()
    child.stdin.write(`${JSON.stringify(job)}\n`)
    if ((await lines.next()).value !== 'done') throw new Error('plain DuckDB did not answer')
    const milliseconds = performance.now() - started
    const peakBytes = Number((await lines.next()).value) * 1024
    child.stdin.end()
    return { milliseconds, peakBytes }
  } finally {
    child.stdin.end()
    await ended
  }
}
