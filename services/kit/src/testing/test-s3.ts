import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { S3Config } from '../objects/objects-config.ts'
import { freePort } from './free-port.ts'
import { killProcess } from './kill-process.ts'
import { s3Server } from './s3-server.ts'

/** A real S3 server, an empty bucket in it, and credentials in a file. */
export interface TestS3 {
  /** A place of its own in the bucket. */
  config(): S3Config
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Sends a request on to the server, and gets its answer. */
  readonly forward: (path: string, options: Forwarded) => Promise<Answer>
  stop(): Promise<void>
}

export interface Forwarded {
  readonly method: string
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Buffer
}

export interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Buffer
}

const bucket = 'reinraum-test'

/** @param smallestPiece of a multipart upload, but for the last; as in S3 unless told */
export async function startTestS3(smallestPiece = 5 * 2 ** 20): Promise<TestS3> {
  const folder = mkdtempSync(join(tmpdir(), 'reinraum-s3-'))
  const port = await freePort()
  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: `canary-${randomBytes(16).toString('hex')}` }
  const credentialsFile = join(folder, 'credentials.json')
  writeFileSync(credentialsFile, JSON.stringify(credentials), { mode: 0o600 })
  const env = { ...process.env, S3_UPLOAD_PART_MIN_SIZE: String(smallestPiece) }
  const server = spawn(s3Server, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', env })
  const forward: TestS3['forward'] = (path, { method, headers, body }) =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, async (answer) => {
        const chunks: Buffer[] = []
        for await (const chunk of answer) chunks.push(chunk as Buffer)
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) })
      })
      sent.once('error', reject).end(body)
    })
  await untilReady(server, () => forward(`/${bucket}`, { method: 'PUT', headers: {}, body: Buffer.alloc(0) }))
  return {
    config: () => ({
      kind: 's3',
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      bucket,
      prefix: `${randomBytes(8).toString('hex')}/`,
      credentialsFile,
      forcePathStyle: true,
      allowPlainHttp: false,
    }),
    credentials,
    forward,
    async stop() {
      await killProcess(server)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function untilReady(server: ChildProcess, makeBucket: () => Promise<Answer>): Promise<void> {
  for (let i = 0; i < 1200 && server.exitCode === null; i++) {
    const answer = await makeBucket().catch(() => undefined)
    if (answer?.status === 200) return
    await sleep(25)
  }
  await killProcess(server)
  throw new Error('the S3 server does not get ready')
}
