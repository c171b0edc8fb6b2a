import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text as textOf } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** The command line in a process of its own whose files cannot grow beyond 32 KiB, as on a disk that is full. */
export async function withShortFiles(
  { room, identity }: { readonly room: string; readonly identity: string },
  argv: readonly string[],
): Promise<{ readonly exitCode: number; readonly err: string }> {
  const node = [process.execPath, '--conditions=source', '--disable-warning=ExperimentalWarning']
  const main = fileURLToPath(new URL('../../sdk/cli/src/main.ts', import.meta.url))
  const global = ['--room', room, '--identity', identity]
  const child = spawn('sh', ['-c', 'ulimit -f 64 && exec "$@"', 'sh', ...node, main, ...argv, ...global], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const closed = once(child, 'close')
  const err = await textOf(child.stderr)
  const [exitCode] = (await closed) as [number]
  return { exitCode, err }
}
