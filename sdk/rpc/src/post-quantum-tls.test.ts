import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls'
import { ObjectService } from '@reinraum/proto'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createRpcClient } from './client.ts'
import { objectService } from './testing/object-service.ts'
import { partyClient, serviceClient, someId, startParties, startServices, testAuthority } from './testing/test-room.ts'
import { tlsGroups } from './tls-floor.ts'
import { tlsInventory } from './tls-inventory.ts'

const request = { objectId: someId }
const own = testAuthority.issue('127.0.0.1', 'spiffe://reinraum/executor')
const ports = [
  ['parties', () => startParties([objectService({})])],
  ['services', () => startServices([objectService({})])],
] as const

/** The group on which a peer with these options and a port of ours agree. */
function negotiated(port: number, options: ConnectionOptions = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], ...own, ...options }, () => {
      resolve(socket.getEphemeralKeyInfo())
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

/** The sockets that grpc-js opens from now on; nothing about them is changed. */
function watchSockets(): TLSSocket[] {
  const sockets: TLSSocket[] = []
  const connect = tls.connect.bind(tls)
  const watched = vi.spyOn(tls, 'connect').mockImplementation(((...args: Parameters<typeof connect>) => {
    const socket = connect(...args)
    sockets.push(socket)
    return socket
  }) as typeof tls.connect)
  onTestFinished(() => watched.mockRestore())
  return sockets
}

test('a party and a service call us over X25519MLKEM768', async () => {
  const sockets = watchSockets()
  const parties = await partyClient(ObjectService, (await startParties([objectService({})])).port)
  await parties.statObject(request)
  const services = await serviceClient(ObjectService, (await startServices([objectService({})])).port)
  await services.statObject(request)
  expect(sockets.map((socket) => [socket.getProtocol(), socket.getEphemeralKeyInfo()])).toEqual([
    ['TLSv1.3', { type: 'TLSGroup', name: 'X25519MLKEM768', size: undefined }],
    ['TLSv1.3', { type: 'TLSGroup', name: 'X25519MLKEM768', size: undefined }],
  ])
})

test.each(ports)(
  'the %s port takes a peer with its own defaults to X25519MLKEM768, and knows each group we name',
  async (_, start) => {
    const { port } = await start()
    // What OpenSSL 3.5 offers when nobody sets anything.
    expect(await negotiated(port, { ecdhCurve: 'auto' })).toMatchObject({ name: 'X25519MLKEM768' })
    // The peer's own preference for the curve alone changes nothing.
    expect(await negotiated(port, { ecdhCurve: 'X25519:P-256:X25519MLKEM768' })).toMatchObject({ name: 'X25519MLKEM768' })
    for (const name of tlsGroups) expect(await negotiated(port, { ecdhCurve: name })).toMatchObject({ name })
  },
)

test.each(ports)('the %s port refuses a peer that speaks only curves', async (_, start) => {
  const { port } = await start()
  for (const ecdhCurve of ['X25519', 'P-256', 'P-384', 'X448', 'X25519:P-256:P-384:P-521']) {
    await expect(negotiated(port, { ecdhCurve }), ecdhCurve).rejects.toThrow(/handshake failure/)
  }
})

test('a client of ours does not talk to a server that speaks only curves', async () => {
  const failures: (string | undefined)[] = []
  const server = tls.createServer({ ...own, ecdhCurve: 'X25519:P-256', ALPNProtocols: ['h2'] })
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => failures.push(error.code))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const client = createRpcClient(ObjectService, { address: `127.0.0.1:${port}`, tls: own, timeoutMs: 2000 })
  onTestFinished(() => client.close())
  await expect(client.statObject(request)).rejects.toMatchObject({ code: 'unavailable' })
  expect(failures).toContain('ERR_SSL_NO_SUITABLE_KEY_SHARE')
})

test('the inventory says what the connection does', () => {
  expect(tlsInventory.protocol).toBe(tls.DEFAULT_MIN_VERSION)
  expect(tlsInventory.groups.join(':')).toBe(tls.DEFAULT_ECDH_CURVE)
  expect(tlsInventory.postQuantumKeyAgreement).toBe(true)
  const { signatureAlgorithm, publicKey } = new X509Certificate(own.cert)
  expect(signatureAlgorithm).toBe('ecdsa-with-SHA256')
  expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
  expect(tlsInventory.certificateSignatures).toEqual(['ECDSA-P256-SHA256'])
})
