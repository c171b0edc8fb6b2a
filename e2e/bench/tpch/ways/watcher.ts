import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Sees the query processes of this one, from outside: looking leaves garbage, which would be collected while a query runs. */
export interface Watcher {
  /** Resolves when the next query process waits for its job. */
  waiting(): Promise<void>
  /** What that one used at most: bytes. To be asked once. */
  most(): Promise<number>
  close(): Promise<void>
}

export function startWatcher(): Watcher {
  const program = fileURLToPath(new URL('./watch.ts', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async () => {
    child.stdin.write('\n')
    const { value } = await lines.next()
    if (typeof value !== 'string') throw new Error('the watcher ended')
    return value
  }
  return {
    waiting: async () => void (await ask()),
    most: async () => Number(await ask()),
    async close() {
      child.stdin.end()
      await ended
    },
  }
}
