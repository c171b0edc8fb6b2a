import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { reservePorts } from '@reinraum/local'

const program = fileURLToPath(new URL('../../.local/s3/s3-server', import.meta.url))

/** Whether there is an S3 server here; a machine without the package skips what needs one. */
export const hasS3Server = existsSync(program)

/** A real S3 server with an empty bucket. */
export interface S3Server {
  /** What a service is configured with to keep its objects behind a prefix of its own. */
  objects(prefix: string): Readonly<Record<string, unknown>>
  /** Names of everything in the bucket. */
  keys(): Promise<readonly string[]>
  stop(): Promise<void>
}

export async function startS3Server(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-s3-'))
  const credentialsFile = join(folder, 'credentials.json')
  await writeFile(credentialsFile, JSON.stringify({ accessKeyId: 'AKIATEST', secretAccessKey: 'of a test' }), { mode: 0o600 })
  const { ports, release } = await reservePorts(['s3'])
  const endpoint = `http://127.0.0.1:${ports.s3}`
  const server = spawn(program, ['-H', '127.0.0.1', '-p', String(ports.s3)], { stdio: 'ignore' })
  const stop = async () => {
    server.kill('SIGKILL')
    release()
    await rm(folder, { recursive: true, force: true })
  }
  const makeBucket = () => fetch(`${endpoint}/clean-room`, { method: 'PUT' }).catch(() => undefined)
  for (let i = 0; (await makeBucket())?.status !== 200; i++) {
    if (i === 1200 || server.exitCode !== null) {
      await stop()
      throw new Error('the S3 server does not get ready')
    }
    await sleep(25)
  }
  return {
    objects: (prefix) => ({
      ...{ kind: 's3', endpoint, region: 'us-east-1', bucket: 'clean-room', prefix, credentialsFile, forcePathStyle: true },
    }),
    async keys() {
      const listing = await (await fetch(`${endpoint}/clean-room?list-type=2`)).text()
      return [...listing.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key)
    },
    stop,
  }
}
