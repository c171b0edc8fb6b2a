import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createAuthority } from '@reinraum/pki'
import { IngestionService, ObjectService } from '@reinraum/proto'
import { type Client, createRpcClient } from '@reinraum/rpc'
import { createRequestToken, type Identity } from '@reinraum/statements'
import { onTestFinished } from 'vitest'

const authority = createAuthority()

export interface IngestionProcess {
  party(identity: Identity): Client<typeof IngestionService>
  service(id: string): Client<typeof ObjectService>
  /** -9 */
  kill(): Promise<void>
}

/** The service in a process of its own; no file of it can become longer than `maxFileBytes`, as on a disk that is full. */
export async function spawnIngestion(
  folder: string,
  options: { readonly maxFileBytes?: number } = {},
): Promise<IngestionProcess> {
  const { ca, cert, key } = authority.issue('127.0.0.1', 'spiffe://reinraum/ingestion')
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--conditions=source']
  const main = [join(import.meta.dirname, 'process-main.ts'), folder, `${ca}`, `${cert}`, `${key}`]
  // POSIX counts the limit in blocks of 512 bytes.
  const limit = options.maxFileBytes === undefined ? 'unlimited' : String(options.maxFileBytes / 512)
  const child = spawn('sh', ['-c', `ulimit -f ${limit} && exec "$@"`, 'sh', ...node, ...main], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const kill = async () => {
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(kill)
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), exited.then(() => ['[]'])])) as [string]
  const [parties, services] = JSON.parse(line) as [number, number]
  const opened = <T extends { close(): void }>(client: T): T => {
    onTestFinished(() => client.close())
    return client
  }
  return {
    party: (identity) =>
      opened(
        createRpcClient(IngestionService, {
          address: `127.0.0.1:${parties}`,
          tls: { ca: authority.ca },
          token: (method, body) => createRequestToken(identity, { audience: 'ingestion', method, body }),
        }),
      ),
    service: (id) =>
      opened(
        createRpcClient(ObjectService, { address: `127.0.0.1:${services}`, tls: authority.issue(`spiffe://reinraum/${id}`) }),
      ),
    kill,
  }
}
