import { readFile } from 'node:fs/promises'
import { subjectOf } from '@reinraum/kit'
import {
  GovernanceService,
  KeyReleaseService,
  KeysService,
  ObjectService,
  ResultIntakeService,
  RunDirectoryService,
} from '@reinraum/proto'
import { createRpcClient } from '@reinraum/rpc'
import { createRequestToken } from '@reinraum/statements'
import { describe, expect, it } from 'vitest'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

const rooms = useCleanRooms()
const contractId = `sha256:${'ab'.repeat(32)}`
const runId = `sha256:${'cd'.repeat(32)}`

/** What NATS says to a service that publishes or subscribes with its own credential. */
async function refusedBy(name: string, attempt: 'publish' | 'subscribe', subject: string): Promise<boolean> {
  const connection = await rooms.room.natsAs(name)
  const errors: string[] = []
  const watching = (async () => {
    for await (const status of connection.status()) if (status.type === 'error') errors.push(String(status.error.message))
  })()
  if (attempt === 'publish') connection.publish(subject, new Uint8Array())
  else connection.subscribe(subject, { callback: () => {} })
  await connection.flush()
  await expect
    .poll(() => errors.length > 0, { timeout: 1000 })
    .toBe(true)
    .catch(() => {})
  await connection.close()
  await watching
  return errors.some((message) => /permission/i.test(message))
}

describe('a service’s NATS credential is refused', () => {
  it.each([
    ['ingestion', 'publish', ['run', 'queued']],
    ['release', 'publish', ['revocation', 'issued']],
    ['executor', 'publish', ['result', 'released']],
    ['executor', 'publish', ['run', 'queued']],
    ['keys/health-keys', 'publish', ['run', 'started']],
    ['governance', 'publish', ['key', 'released']],
    ['ingestion', 'subscribe', ['run', 'queued']],
    ['release', 'subscribe', ['key', 'denied']],
  ] as const)('%s: %s on %j', async (name, attempt, [noun, verb]) => {
    expect(await refusedBy(name, attempt, subjectOf(contractId, noun, verb))).toBe(true)
  })

  it('for listening to everything, whoever asks', async () => {
    for (const name of rooms.room.services.keys()) {
      if (name !== 'nats') expect({ name, refused: await refusedBy(name, 'subscribe', '>') }).toEqual({ name, refused: true })
    }
  })

  it('but not on its own subjects', async () => {
    expect(await refusedBy('release', 'publish', subjectOf(contractId, 'result', 'released'))).toBe(false)
  })
})

describe('a service’s certificate is refused', () => {
  const certificate = async (id: string) => {
    const files = await rooms.room.certificateFor(id)
    return { ca: await readFile(files.ca), cert: await readFile(files.cert), key: await readFile(files.key) }
  }
  const servicesPort = async (name: string) => {
    const config = await readFile(`${rooms.room.directory}/services/${name.replaceAll('/', '-')}/config.json`, 'utf8')
    return (JSON.parse(config) as { readonly listen: { readonly services: string } }).listen.services
  }

  it.each([
    ['release', 'keys/health-keys'],
    ['ingestion', 'keys/health-keys'],
    ['governance', 'keys/health-keys'],
    ['keys/shared-keys', 'keys/health-keys'],
  ])('%s, where %s gives out nonces', async (id, service) => {
    const client = createRpcClient(KeyReleaseService, { address: await servicesPort(service), tls: await certificate(id) })
    await expect(client.issueNonce({ runId })).rejects.toMatchObject({ code: 'permission-denied' })
    client.close()
  })

  it.each(['release', 'governance', 'keys/health-keys'])('%s, where ingestion gives out ciphertext', async (id) => {
    const client = createRpcClient(ObjectService, { address: await servicesPort('ingestion'), tls: await certificate(id) })
    await expect(client.statObject({ objectId: runId })).rejects.toMatchObject({ code: 'permission-denied' })
    client.close()
  })

  it.each(['ingestion', 'keys/health-keys'])('%s, where release takes results', async (id) => {
    const client = createRpcClient(ResultIntakeService, { address: await servicesPort('release'), tls: await certificate(id) })
    await expect(client.getDeposit({ runId })).rejects.toMatchObject({ code: 'permission-denied' })
    client.close()
  })

  it.each(['ingestion', 'release', 'keys/health-keys'])('%s, where governance gives out run bundles', async (id) => {
    const client = createRpcClient(RunDirectoryService, { address: await servicesPort('governance'), tls: await certificate(id) })
    await expect(client.getRunBundle({ runId })).rejects.toMatchObject({ code: 'permission-denied' })
    client.close()
  })
})

describe('a party’s request is refused', () => {
  it('without a token, with one for another service or another request, and when it comes twice', async () => {
    const clean = await rooms.open()
    const identity = clean.identities.health
    const tls = { ca: Buffer.from(rooms.room.room.ca) }
    const options = { address: rooms.room.room.governance, tls }
    const call = async (token: ((method: string, body?: Uint8Array) => Promise<string>) | undefined, times = 1) => {
      const client = createRpcClient(GovernanceService, { ...options, ...(token === undefined ? {} : { token }) })
      try {
        for (let i = 1; i < times; i++) await client.getContract({ contractId: clean.contract.id })
        return await client.getContract({ contractId: clean.contract.id }).then(
          () => 'answered',
          (error: { code: string }) => error.code,
        )
      } finally {
        client.close()
      }
    }
    const honest = (method: string, body?: Uint8Array) =>
      createRequestToken(identity, { audience: 'governance', method, ...(body === undefined ? {} : { body }) })
    expect(await call(honest)).toBe('answered')
    expect(await call(undefined)).toBe('unauthenticated')
    expect(
      await call((method, body) =>
        createRequestToken(identity, { audience: 'release', method, ...(body === undefined ? {} : { body }) }),
      ),
    ).toBe('unauthenticated')
    expect(
      await call((method) => createRequestToken(identity, { audience: 'governance', method, body: new Uint8Array([1]) })),
    ).toBe('unauthenticated')
    expect(
      await call((_, body) =>
        createRequestToken(identity, { audience: 'governance', method: '/other', ...(body === undefined ? {} : { body }) }),
      ),
    ).toBe('unauthenticated')
    let kept: string | undefined
    expect(await call(async (method, body) => (kept ??= await honest(method, body)), 2)).toBe('unauthenticated')
    const old = new Date(Date.now() - 120_000)
    expect(
      await call((method, body) =>
        createRequestToken(identity, { audience: 'governance', method, now: old, ...(body === undefined ? {} : { body }) }),
      ),
    ).toBe('unauthenticated')
  })

  it('for a contract that it is no member of, in the same words as for one that does not exist', async () => {
    const clean = await rooms.open()
    const { governance } = clean.sessions.outsider
    const real = await governance.getContract({ contractId: clean.contract.id }).catch((error: Error) => error.message)
    const none = await governance.getContract({ contractId }).catch((error: Error) => error.message)
    expect(real).toBe(none)
  })

  it('by services ports, which take certificates only', async () => {
    const config = await readFile(`${rooms.room.directory}/services/keys-health-keys/config.json`, 'utf8')
    const address = (JSON.parse(config) as { readonly listen: { readonly services: string } }).listen.services
    const client = createRpcClient(KeysService, { address, tls: { ca: Buffer.from(rooms.room.room.ca) }, timeoutMs: 5000 })
    await expect(client.getServiceEvidence({ nonce: new Uint8Array(32) })).rejects.toMatchObject({
      code: expect.stringMatching(/unavailable|unauthenticated/),
    })
    client.close()
  })
})
