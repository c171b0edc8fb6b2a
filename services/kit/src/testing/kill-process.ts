import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** -9, as a crash or a loss of power does it. Resolves once the process has ended, also where it had before. */
export async function killProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
