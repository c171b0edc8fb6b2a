import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createAuthority } from '@reinraum/pki'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { describeError } from '../../log.ts'
import { type Gatekeeper, openGate, pass } from '../../testing/s3-gate.ts'
import { hasS3Server } from '../../testing/s3-server.ts'
import { type Answer, startTestS3, type TestS3 } from '../../testing/test-s3.ts'
import { openObjectBucket } from './object-s3.ts'

const part = `sha256:${'1'.repeat(64)}`
const content = randomBytes(100_000)
const objectId = `sha256:${createHash('sha256').update(content).digest('hex')}`
const MiB = 2 ** 20

let s3: TestS3
beforeAll(async () => {
  if (hasS3Server) s3 = await startTestS3()
})
afterAll(() => s3?.stop())

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A committed object; what is asked for from then on is answered by the gatekeeper. */
async function storedBehind(gatekeeper: Gatekeeper) {
  let open = true
  const asked: string[] = []
  const config = await openGate(s3, async (request, response, real) => {
    asked.push(`${request.method} ${request.path}`)
    if (open) pass(response, await real())
    else await gatekeeper(request, response, real)
  })
  // A store that answers may take its time.
  const patient = await openObjectBucket(config)
  await patient.append(part, 0, content, { sync: false })
  await patient.commit(part, objectId, content.length)
  const store = await openObjectBucket(config, { patienceMs: 300 })
  await expect.poll(() => store.stat(objectId).catch(() => null)).not.toBeNull()
  open = false
  return { store, asked, config }
}

const changed =
  (change: (answer: Answer) => Answer): Gatekeeper =>
  async (_request, response, real) =>
    pass(response, change(await real()))

const lies: readonly (readonly [string, string, Gatekeeper])[] = [
  [
    'another range',
    'ciphertext-mismatch',
    changed((answer) => ({ ...answer, headers: { ...answer.headers, 'content-range': 'bytes 0-9/100000' } })),
  ],
  [
    'no range',
    'ciphertext-mismatch',
    changed(({ headers: { 'content-range': _, ...headers }, ...answer }) => ({ ...answer, status: 200, headers })),
  ],
  [
    'more bytes',
    'ciphertext-mismatch',
    changed(({ headers: { 'content-length': _, ...headers }, ...answer }) => ({
      ...answer,
      headers,
      body: Buffer.concat([answer.body, Buffer.alloc(10)]),
    })),
  ],
  [
    'fewer bytes',
    'unavailable',
    changed(({ headers: { 'content-length': _, ...headers }, ...answer }) => ({
      ...answer,
      headers,
      body: answer.body.subarray(1),
    })),
  ],
  ['nothing, ever', 'unavailable', () => {}],
  [
    'its headers and then nothing, ever',
    'unavailable',
    async (_request, response, real) => {
      const { status, headers, body } = await real()
      response.writeHead(status, headers).write(body.subarray(0, 10))
    },
  ],
  ['that it is out of order', 'unavailable', (_request, response) => void response.writeHead(500).end()],
  ['no HTTP', 'unavailable', (_request, response) => void response.socket?.end('SSH-2.0-canary\r\n\r\n')],
  ['that nothing is there', 'not-found', (_request, response) => void response.writeHead(404).end()],
  [
    'that access is denied',
    'internal',
    (_request, response) => void response.writeHead(403).end('<Error><Code>canary</Code></Error>'),
  ],
]

describe.skipIf(!hasS3Server)('a store that lies or fails', () => {
  test.each(lies)('when it answers %s, a read ends with `%s`, soon, in little memory', async (_what, code, gatekeeper) => {
    const { store, asked } = await storedBehind(gatekeeper)
    const before = process.memoryUsage().rss
    asked.length = 0
    const error = await collect(store.read(objectId, { offset: 1000, length: 50_000 })).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'ReinraumError', code })
    expect(asked.length).toBeLessThanOrEqual(12)
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MiB)
    expect(inspect(error, { depth: 9 }) + JSON.stringify(describeError(error))).not.toMatch(
      /canary|AKIATEST|x-amz|authorization/i,
    )
  })

  test('of an answer that does not end only a little is taken', async () => {
    let sent = 0
    const { config } = await storedBehind((_request, response) => {
      response.writeHead(500, { 'content-type': 'application/xml' })
      const more = () => {
        if (response.destroyed) return
        sent += 2 ** 16
        response.write(Buffer.alloc(2 ** 16, 'x'), more)
      }
      more()
    })
    const store = await openObjectBucket(config, { patienceMs: 5000 })
    await expect(store.stat(objectId)).rejects.toMatchObject({ code: 'unavailable' })
    expect(sent).toBeGreaterThan(4 * MiB)
    expect(sent).toBeLessThan(60 * MiB)
  })

  test('a read goes on where a connection broke off', async () => {
    let broken = 0
    const { store } = await storedBehind(async (_request, response, real) => {
      const answer = await real()
      if (++broken > 2) return pass(response, answer)
      response.writeHead(answer.status, answer.headers)
      response.write(answer.body.subarray(0, 1000), () => response.destroy())
    })
    expect((await collect(store.read(objectId))).equals(content)).toBe(true)
    expect(broken).toBe(3)
  })

  test('nobody is followed elsewhere', async () => {
    let reached = 0
    const elsewhere = await openGate(s3, (_request, response) => {
      reached += 1
      response.writeHead(200).end()
    })
    for (const status of [301, 302, 307, 308]) {
      const headers = { location: `${elsewhere.endpoint}/reinraum-test/x`, 'x-amz-bucket-region': 'eu-north-1' }
      const { store } = await storedBehind((_request, response) => void response.writeHead(status, headers).end())
      await expect(collect(store.read(objectId))).rejects.toMatchObject({ name: 'ReinraumError' })
      await expect(store.append(part, 0, content)).rejects.toMatchObject({ name: 'ReinraumError' })
    }
    expect(reached).toBe(0)
  })

  test('a store that nobody of the configured authority vouches for gets no request', async () => {
    let reached = 0
    const authority = createAuthority()
    const gatekeeper: Gatekeeper = async (_request, response, real) => {
      reached += 1
      pass(response, await real())
    }
    const config = await openGate(s3, gatekeeper, authority.issue('127.0.0.1', 'localhost'))
    const folder = mkdtempSync(join(tmpdir(), 'reinraum-ca-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const ca = (name: string, pem: string | Buffer) => {
      writeFileSync(join(folder, name), pem)
      return join(folder, name)
    }
    for (const untrusted of [config, { ...config, ca: ca('another.pem', createAuthority().ca) }]) {
      const store = await openObjectBucket(untrusted, { patienceMs: 1000 })
      await expect(store.append(part, 0, content)).rejects.toMatchObject({ code: 'unavailable' })
    }
    expect(reached).toBe(0)
    const store = await openObjectBucket({ ...config, ca: ca('ca.pem', authority.ca) })
    expect(await store.append(part, 0, content)).toBe(content.length)
  })

  test('records that are none of ours are refused, however long', async () => {
    for (const body of ['', 'null\n', '{"length":5,"extents":[]}', `{"length":1e99,"extents":[]}\n`, 'x'.repeat(3 * MiB)]) {
      const headers = { 'content-range': `bytes 0-${Math.min(body.length, 65_536) - 1}/${body.length}` }
      const config = await openGate(s3, (_request, response) => {
        response.writeHead(206, headers).end(body.slice(0, 65_536))
      })
      const store = await openObjectBucket(config, { patienceMs: 300 })
      await expect(store.stat(objectId)).rejects.toMatchObject({ name: 'ReinraumError' })
      await expect(store.partLength(part)).rejects.toMatchObject({ name: 'ReinraumError' })
    }
  })

  test('a write whose answer is lost is repeated, and is there once', async () => {
    const seen = new Set<string>()
    const config = await openGate(s3, async ({ method, path }, response, real) => {
      const answer = await real()
      if (seen.has(`${method} ${path}`)) return pass(response, answer)
      seen.add(`${method} ${path}`)
      response.destroy()
    })
    const store = await openObjectBucket(config)
    await store.append(part, 0, content.subarray(0, 60_000))
    await store.append(part, 60_000, content.subarray(60_000), { sync: false })
    await store.commit(part, objectId, content.length)
    expect((await collect(store.read(objectId))).equals(content)).toBe(true)
  })

  test('a store without room is `storage-full`, and the part stays as it was', async () => {
    let full = false
    const config = await openGate(s3, async ({ method }, response, real) => {
      if (!full || method === 'GET') return pass(response, await real())
      response.writeHead(507, { 'content-type': 'application/xml' }).end('<Error><Code>XMinioStorageFull</Code></Error>')
    })
    const store = await openObjectBucket(config)
    await store.append(part, 0, content)
    full = true
    await expect(store.append(part, content.length, content)).rejects.toMatchObject({ code: 'storage-full' })
    expect(await store.partLength(part)).toBe(content.length)
    full = false
    await store.commit(part, objectId, content.length)
  })

  test('pieces are as large as S3 asks for', async () => {
    const store = await openObjectBucket(s3.config())
    const large = randomBytes(11 * MiB)
    for (let offset = 0; offset < large.length; offset += MiB) {
      await store.append(part, offset, large.subarray(offset, offset + MiB), { sync: offset % (2 * MiB) === 0 })
    }
    const id = `sha256:${createHash('sha256').update(large).digest('hex')}`
    await store.commit(part, id, large.length)
    expect((await collect(store.read(id))).equals(large)).toBe(true)
  })
})

describe.skipIf(!hasS3Server)('credentials', () => {
  test('come from the file alone, and only their name and a signature leave', async () => {
    const names = [
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_PROFILE',
      'AWS_ENDPOINT_URL',
      'AWS_CONFIG_FILE',
      'AWS_REGION',
    ]
    const before = { ...process.env }
    for (const name of names) process.env[name] = 'http://127.0.0.1:1/'
    onTestFinished(() => {
      for (const name of names) {
        if (before[name] === undefined) delete process.env[name]
        else process.env[name] = before[name]
      }
    })
    const sent: string[] = []
    const config = await openGate(s3, async ({ headers, path }, response, real) => {
      sent.push(`${path} ${JSON.stringify(headers)}`)
      pass(response, await real())
    })
    const store = await openObjectBucket(config)
    await store.append(part, 0, content)
    expect(sent.length).toBeGreaterThan(1)
    for (const request of sent) {
      expect(request).toContain(`Credential=${s3.credentials.accessKeyId}/`)
      expect(request).toContain('/us-east-1/s3/aws4_request')
      expect(request).not.toContain(s3.credentials.secretAccessKey)
    }
    expect(sent.find((request) => request.includes('x-amz-content-sha256'))).toContain(
      createHash('sha256').update('').digest('hex'),
    )
  })

  test.each([
    '',
    '{',
    '{}',
    '{"accessKeyId":"canary","secretAccessKey":""}',
    '{"accessKeyId":"a","secretAccessKey":"canary","x":1}',
  ])('a file that holds none is refused and not quoted: %s', async (text) => {
    const config = s3.config()
    const valid = readFileSync(config.credentialsFile)
    onTestFinished(() => writeFileSync(config.credentialsFile, valid))
    writeFileSync(config.credentialsFile, text)
    const error = await openObjectBucket(config).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'invalid-argument' })
    expect(inspect(error, { depth: 9 })).not.toContain('canary')
  })
})
