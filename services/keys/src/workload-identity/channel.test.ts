import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { isReinraumError } from '@reinraum/crypto'
import { signWorkloadCertificate } from '@reinraum/pki'
import { KeyReleaseService, WorkloadIdentityService } from '@reinraum/proto'
import { createRpcClient, createRpcServer, implement, type RpcServer, type TlsIdentity } from '@reinraum/rpc'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { portsOf } from '../service.ts'
import { type Agreement, agreeAndImport, type Dataset } from '../testing/agreement.ts'
import { bundleOf, outcomeName, requestOf } from '../testing/attempt.ts'
import { type Room, type RunningKeyService, startKeyService, startRoom } from '../testing/room.ts'
import { createWorkload, obtainIdentity, pemOf, tlsOf, trustBundleOf } from '../testing/workload.ts'
import { withAuthorityKey } from './authority.ts'

const minute = 60_000
let room: Room
/** a further key service, whose identities end after a minute */
let brief: RunningKeyService
let agreement: Agreement & { readonly datasets: readonly Dataset[] }
/** trusts the identities of `shared`, and of nobody else */
let server: RpcServer
let callers: string[] = []

beforeAll(async () => {
  room = await startRoom()
  agreement = await agreeAndImport(room)
  server = await serveTo(await trustBundleOf(agreement, room.shared))
})
afterAll(async () => {
  await server.stop()
  await brief?.stop()
  await room.stop()
})

/** A services port that believes identities of this bundle, and notes who its callers are. */
async function serveTo(bundle: readonly X509Certificate[]): Promise<RpcServer> {
  const answer = async () => ({ trustBundle: new Uint8Array([1]) })
  return createRpcServer({
    audience: 'services',
    name: 'release',
    address: '127.0.0.1:0',
    tls: { ...room.authority.issue('spiffe://reinraum/release'), ca: pemOf(...bundle) },
    services: [
      implement(WorkloadIdentityService, {
        issueIdentityNonce: async () => ({}),
        issueIdentity: async () => ({}),
        getTrustBundle: answer,
      }),
    ],
    allow: (caller) => {
      callers.push(caller.kind === 'service' ? caller.id : caller.kind)
      return true
    },
    graceMs: 100,
  })
}

/** Calls the server with this certificate: `answered`, or why not. */
async function call(tls: TlsIdentity, { port } = server): Promise<string> {
  const address = `127.0.0.1:${port}`
  const client = createRpcClient(WorkloadIdentityService, { address, tls, serverId: 'release', timeoutMs: 3000 })
  callers = []
  try {
    return await client.getTrustBundle({}).then(
      () => 'answered',
      (error: unknown) => (isReinraumError(error) ? error.code : 'another error'),
    )
  } finally {
    client.close()
  }
}

describe('a server that trusts the bundle of a key service', () => {
  test('lets an executor in with its identity, and reads its name from it', async () => {
    const { holder, certificate } = await obtainIdentity(agreement, room.shared)
    expect(await call(tlsOf(holder, room.authority.ca, certificate))).toBe('answered')
    expect(callers).toEqual(['executor'])
  })

  test('lets nobody in with a certificate of the operator', async () => {
    expect(await call(room.authority.issue('spiffe://reinraum/executor'))).toBe('unavailable')
    expect(callers).toEqual([])
  })

  test('lets nobody in with an identity that another key service issued', async () => {
    const { holder, certificate } = await obtainIdentity(agreement, room.airs)
    expect(await call(tlsOf(holder, room.authority.ca, certificate))).toBe('unavailable')
  })

  test('lets nobody in with an identity without its private key', async () => {
    const { certificate } = await obtainIdentity(agreement, room.shared)
    const { key } = await createWorkload()
    expect(() =>
      createRpcClient(WorkloadIdentityService, {
        address: '127.0.0.1:1',
        tls: { ca: room.authority.ca, cert: pemOf(certificate), key },
      }),
    ).toThrow(/mismatch/)
  })

  test('lets nobody in under an identity that acts as an authority', async () => {
    const { holder, certificate } = await obtainIdentity(agreement, room.shared)
    const guest = await createWorkload()
    const forged = signWorkloadCertificate({
      authority: certificate.raw,
      privateKey: createPrivateKey(holder.key),
      publicKey: createPublicKey(guest.key),
      uri: 'spiffe://reinraum/governance',
      validity: { notBefore: new Date(Date.now() - minute), notAfter: new Date(Date.now() + minute) },
    })
    expect(await call(tlsOf(guest, room.authority.ca, new X509Certificate(forged), certificate))).toBe('unavailable')
  })

  test('lets nobody in under names of another trust domain, or of hosts, even if the key service signed them', async () => {
    const { vault } = room.shared
    const [row] = await vault.store.db.selectFrom('workload_authorities').selectAll().execute()
    if (row === undefined) throw new Error('there is no authority')
    const guest = await createWorkload()
    const named = (uri: string) =>
      vault.store.transaction((trx) =>
        withAuthorityKey(vault, trx, { id: row.id, der: row.certificate }, (privateKey) =>
          signWorkloadCertificate({
            authority: row.certificate,
            privateKey,
            publicKey: createPublicKey(guest.key),
            uri,
            validity: { notBefore: new Date(Date.now() - minute), notAfter: new Date(Date.now() + minute) },
          }),
        ),
      )
    const outcomes = []
    for (const uri of ['spiffe://reinraum/executor', 'spiffe://elsewhere/executor', 'localhost', '127.0.0.1'])
      outcomes.push(await call(tlsOf(guest, room.authority.ca, new X509Certificate(await named(uri)))))
    expect(outcomes).toEqual(['answered', 'unavailable', 'unavailable', 'unavailable'])
  })

  test('lets nobody in with an identity that has ended', async () => {
    brief = await startKeyService({
      ...room,
      governance: '127.0.0.1:1',
      own: {
        keyServiceId: 'brief',
        custody: 'owner',
        operator: 'bird',
        workloadIdentity: { lifetimeSeconds: 60 },
      },
    })
    const keys = brief.vault.identity.publicKeys
    const keyService = { id: 'brief', custody: 'owner' as const, operator: 'bird', keys }
    const under = await agreeAndImport(room, (contract) => ({ ...contract, keyServices: [...contract.keyServices, keyService] }))
    await brief.vault.store.db
      .insertInto('contracts')
      .values({ id: under.id, statement: under.statement, known_since: Date.now() })
      .execute()
    const fresh = await obtainIdentity(under, brief)
    room.clock.move(-10 * minute)
    const ended = await obtainIdentity(under, brief)
    room.clock.move(10 * minute)
    const trusting = await serveTo(await trustBundleOf(under, brief))
    try {
      expect(await call(tlsOf(fresh.holder, room.authority.ca, fresh.certificate), trusting)).toBe('answered')
      expect(await call(tlsOf(ended.holder, room.authority.ca, ended.certificate), trusting)).toBe('unavailable')
    } finally {
      await trusting.stop()
    }
  })
})

describe('a channel with an identity', () => {
  test('releases no key by itself: every check of a release is made as over any other', async () => {
    const tls = room.authority.issue('spiffe://reinraum/keys/shared')
    const trusted = pemOf(...(await trustBundleOf(agreement, room.shared)))
    const { services, allow } = portsOf(room.shared.service).services
    const port = await createRpcServer({
      audience: 'services',
      name: 'keys/shared',
      address: '127.0.0.1:0',
      tls: { ...tls, ca: trusted },
      services,
      allow,
      graceMs: 100,
    })
    const { holder, certificate } = await obtainIdentity(agreement, room.shared)
    const client = createRpcClient(KeyReleaseService, {
      address: `127.0.0.1:${port.port}`,
      tls: tlsOf(holder, room.authority.ca, certificate),
      serverId: 'keys/shared',
    })
    try {
      const bundle = await bundleOf(agreement)
      const { request } = await requestOf(agreement, room.shared, bundle)
      const other = await requestOf(agreement, room.shared, bundle)
      const swapped = { ...request, evidence: other.request.evidence }
      expect(outcomeName(await client.releaseKeys(swapped as typeof request))).toBe('report-data-mismatch')
      expect(outcomeName(await client.releaseKeys(request))).toBe('nonce-used')
      // The channel itself is fine: what is complete is answered.
      expect(outcomeName(await client.releaseKeys(other.request))).toBe('released')
    } finally {
      client.close()
      await port.stop()
    }
  })
})
