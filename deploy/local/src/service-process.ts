import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { healthCheck } from './health.ts'
import type { TlsFiles } from './pki.ts'
import type { ServiceKind } from './room-plan.ts'
import { type SupervisedProcess, superviseProcess } from './supervised-process.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * What Node compiled once is taken from there at the next start, which halves it. Not for services whose code is measured:
 * their measurement covers the sources, and nothing else may decide what they run.
 */
const compiled: Readonly<Record<string, string>> = { NODE_COMPILE_CACHE: join(repository, '.local', 'compiled') }
const measured: readonly ServiceKind[] = ['keys', 'executor']

/**
 * V8 otherwise counts the buffers that arrive from a network against what its own small heap may grow by, and searches all of
 * that heap for every few MiB: half of what an upload costs. With it they count against a limit for both (node --v8-options).
 */
const buffersApart: readonly ServiceKind[] = ['ingestion']

/** Prepares the process of one service: its sources run as they are, ready when its health says so. */
export function superviseService(options: {
  readonly name: string
  readonly kind: ServiceKind
  readonly configFile: string
  readonly logFile: string
  /** host:port of its services port */
  readonly address: string
  /** for asking after its health */
  readonly tls: TlsFiles
  /** a script that becomes the program in its arguments */
  readonly run: string
  readonly onUnexpectedExit: (name: string, how: string) => void
}): SupervisedProcess {
  const { kind, configFile, address, tls, run, ...rest } = options
  return superviseProcess({
    ...rest,
    // Those that hold keys refuse to run where a crash could write their memory to a disk.
    command: 'sh',
    args: [
      '-c',
      `ulimit -c 0; ${run}`,
      process.execPath,
      // Whoever may send a signal must not get a debugger by it.
      '--disable-sigusr1',
      '--tls-min-v1.3',
      '--conditions=source',
      '--disable-warning=ExperimentalWarning',
      ...(buffersApart.includes(kind) ? ['--external-memory-accounted-in-global-limit'] : []),
      join('services', kind, 'src', 'main.ts'),
      '--config',
      configFile,
    ],
    cwd: repository,
    ...(measured.includes(kind) ? {} : { env: compiled }),
    ready: healthCheck(address, tls),
  })
}
