import { connect } from 'node:tls'
import { createAuthority } from '@reinraum/pki'
import { ObjectService } from '@reinraum/proto'
import { expect, test } from 'vitest'
import { createRpcClient } from './client.ts'
import { createRpcServer } from './server.ts'
import { objectService } from './testing/object-service.ts'
import { partyClient, serviceClient, someId, startParties, startServices, testAuthority } from './testing/test-room.ts'

const request = { objectId: someId }

test('a service is known by the URI name of its certificate', async () => {
  const seen: unknown[] = []
  const service = objectService({
    statObject: async (_request, { caller }) => {
      seen.push(caller)
      return {}
    },
  })
  const { port } = await startServices([service])
  await (await serviceClient(ObjectService, port, ['spiffe://reinraum/keys/health-agency', '127.0.0.1'])).statObject(request)
  expect(seen).toEqual([{ kind: 'service', id: 'keys/health-agency' }])
})

test('a certificate that names no service, two services or another trust domain is refused', async () => {
  const { port } = await startServices([objectService({})])
  const refused = [
    ['127.0.0.1'],
    ['spiffe://reinraum/executor', 'spiffe://reinraum/governance'],
    ['spiffe://elsewhere/executor'],
    ['spiffe://reinraum/executor/../governance'],
    ['spiffe://reinraum/executor?x'],
    ['spiffe://reinraum/'],
    ['https://reinraum/executor'],
    // A DNS name that would read as a further entry if the text were only split at commas.
    ['x, URI:spiffe://reinraum/executor'],
  ]
  for (const names of refused) {
    const client = await serviceClient(ObjectService, port, names)
    await expect(client.statObject(request), names.join()).rejects.toMatchObject({ code: 'unauthenticated' })
  }
})

test('without a certificate, or with one of another authority, nobody connects to the services port', async () => {
  const { port } = await startServices([objectService({})])
  const { ca } = testAuthority
  const stranger = createAuthority().issue('spiffe://reinraum/executor')
  for (const tls of [{ ca }, { ...stranger, ca }]) {
    const client = createRpcClient(ObjectService, { address: `127.0.0.1:${port}`, tls, timeoutMs: 3000 })
    await expect(client.statObject(request)).rejects.toMatchObject({ code: 'unavailable' })
    client.close()
  }
})

test('a client does not talk to a server of another authority, another host or another service', async () => {
  const { port } = await startParties([objectService({})])
  const { ca } = createAuthority()
  const wrong = [{ tls: { ca } }, { serverName: 'elsewhere.example' }, { serverId: 'ingestion' }]
  for (const options of wrong) {
    const client = await partyClient(ObjectService, port, { ...options, timeoutMs: 3000 })
    await expect(client.statObject(request)).rejects.toMatchObject({
      code: 'unavailable',
      message: `127.0.0.1:${port} is not reachable`,
    })
  }
  const elsewhere = await startParties([objectService({})], {
    tls: testAuthority.issue('127.0.0.2', 'localhost'),
  })
  const misled = await partyClient(ObjectService, elsewhere.port, { timeoutMs: 3000 })
  await expect(misled.statObject(request)).rejects.toMatchObject({ code: 'unavailable' })
  const right = await partyClient(ObjectService, port, { serverId: 'governance' })
  await expect(right.statObject(request)).resolves.toBeDefined()
})

test('nothing older than TLS 1.3 is spoken', async () => {
  const { port } = await startParties([objectService({})])
  const { ca } = testAuthority
  const handshake = (maxVersion: 'TLSv1.2' | 'TLSv1.3') =>
    new Promise<string | null>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', ca, minVersion: 'TLSv1.2', maxVersion, ALPNProtocols: ['h2'] }, () => {
        resolve(socket.getProtocol())
        socket.destroy()
      })
      socket.on('error', reject)
    })
  await expect(handshake('TLSv1.2')).rejects.toThrow(/protocol version/)
  await expect(handshake('TLSv1.3')).resolves.toBe('TLSv1.3')
})

test('each caller reaches only what `allow` gives it', async () => {
  const { port } = await startServices([objectService({})], {
    allow: (caller, method) => caller.kind === 'service' && caller.id === 'executor' && method.endsWith('/StatObject'),
  })
  const executor = await serviceClient(ObjectService, port, ['spiffe://reinraum/executor'])
  const release = await serviceClient(ObjectService, port, ['spiffe://reinraum/release'])
  await executor.statObject(request)
  await expect(collect(executor.readObject(request))).rejects.toMatchObject({ code: 'permission-denied' })
  await expect(release.statObject(request)).rejects.toMatchObject({ code: 'permission-denied' })
})

test('a services port without a rule is not opened', async () => {
  const tls = testAuthority.issue('127.0.0.1')
  const options = { address: '127.0.0.1:0', tls, name: 'x', audience: 'services', services: [] }
  await expect(createRpcServer(options as never)).rejects.toMatchObject({ code: 'invalid-argument' })
})

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}
