import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { healthCheck } from './health.ts'
import type { TlsFiles } from './pki.ts'
import type { ServiceKind } from './room-plan.ts'
import { type SupervisedProcess, superviseProcess } from './supervised-process.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

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
  readonly onUnexpectedExit: (name: string, how: string) => void
}): SupervisedProcess {
  const { kind, configFile, address, tls, ...rest } = options
  return superviseProcess({
    ...rest,
    command: process.execPath,
    args: [
      '--tls-min-v1.3',
      '--conditions=source',
      '--disable-warning=ExperimentalWarning',
      join('services', kind, 'src', 'main.ts'),
      '--config',
      configFile,
    ],
    cwd: repository,
    ready: healthCheck(address, tls),
  })
}
