import { ObjectService } from '@reinraum/proto'
import { createIdentity, createRequestToken } from '@reinraum/statements'
import { expect, test } from 'vitest'
import type { Caller } from './caller.ts'
import { createRpcClient } from './client.ts'
import { objectService } from './testing/object-service.ts'
import { partyClient, someId, startParties, testAuthority } from './testing/test-room.ts'

const statObject = '/reinraum.ingestion.v1.ObjectService/StatObject'

test('a party is known by the key that signed the request', async () => {
  const callers: Caller[] = []
  const service = objectService({
    statObject: async (_request, { caller }) => {
      callers.push(caller)
      return { length: 7n }
    },
  })
  const { port } = await startParties([service])
  const identity = await createIdentity()
  const client = await partyClient(ObjectService, port, { identity })
  expect((await client.statObject({ objectId: someId })).length).toBe(7n)
  expect(callers).toEqual([{ kind: 'party', key: { kty: 'OKP', crv: 'Ed25519', x: identity.signing.ed25519.x } }])
})

test('a request without a token is refused before the handler sees it', async () => {
  let reached = false
  const service = objectService({
    statObject: async () => {
      reached = true
      return {}
    },
  })
  const { port } = await startParties([service])
  const client = await partyClient(ObjectService, port, { token: async () => '' })
  await expect(client.statObject({ objectId: someId })).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(reached).toBe(false)
})

test('a method that is open to anyone still says who called when there is a token', async () => {
  const callers: Caller[] = []
  const service = objectService({
    statObject: async (_request, { caller }) => {
      callers.push(caller)
      return {}
    },
  })
  const { port } = await startParties([service], { anonymous: (method) => method === statObject })
  const stranger = createRpcClient(ObjectService, { address: `127.0.0.1:${port}`, tls: { ca: testAuthority.ca } })
  await stranger.statObject({ objectId: someId })
  await expect(drain(stranger.readObject({ objectId: someId }))).rejects.toMatchObject({ code: 'unauthenticated' })
  stranger.close()
  await (await partyClient(ObjectService, port)).statObject({ objectId: someId })
  expect(callers.map((caller) => caller.kind)).toEqual(['anonymous', 'party'])
})

test('a token that was used once is refused the second time', async () => {
  const { port } = await startParties([objectService({})])
  const identity = await createIdentity()
  let only: Promise<string> | undefined
  const token = (method: string, body?: Uint8Array) => {
    only ??= createRequestToken(identity, { audience: 'governance', method, body })
    return only
  }
  const client = await partyClient(ObjectService, port, { token })
  await client.statObject({ objectId: someId })
  await expect(client.statObject({ objectId: someId })).rejects.toMatchObject({ code: 'unauthenticated', message: /used before/ })
})

test('a token of one request does not open another: other body, other method, other service', async () => {
  const { port } = await startParties([objectService({})])
  const identity = await createIdentity()
  const wrong = [
    (method: string) => createRequestToken(identity, { audience: 'governance', method, body: new Uint8Array([1]) }),
    (method: string) => createRequestToken(identity, { audience: 'governance', method }),
    (_: string, body?: Uint8Array) => createRequestToken(identity, { audience: 'governance', method: '/x.Y/Z', body }),
    (method: string, body?: Uint8Array) => createRequestToken(identity, { audience: 'ingestion', method, body }),
  ]
  for (const token of wrong) {
    const client = await partyClient(ObjectService, port, { token })
    await expect(client.statObject({ objectId: someId })).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(drain(client.readObject({ objectId: someId }))).rejects.toMatchObject({ code: 'unauthenticated' })
  }
})

test('a token that is too old is refused', async () => {
  const { port } = await startParties([objectService({})])
  const identity = await createIdentity()
  const token = (method: string, body?: Uint8Array) =>
    createRequestToken(identity, { audience: 'governance', method, body, now: new Date(Date.now() - 10 * 60_000) })
  const client = await partyClient(ObjectService, port, { token })
  await expect(client.statObject({ objectId: someId })).rejects.toMatchObject({ code: 'unauthenticated' })
})

test('an authorization header that is no token, or a huge one, is refused', async () => {
  const { port } = await startParties([objectService({})])
  for (const text of ['a b', 'x'.repeat(5000), '../..', '{"alg":"none"}']) {
    const client = await partyClient(ObjectService, port, { token: async () => text })
    await expect(client.statObject({ objectId: someId })).rejects.toMatchObject({ code: 'unauthenticated' })
  }
})

test('a full memory of tokens refuses rather than forgets', async () => {
  const { port } = await startParties([objectService({})], { limits: { maxRememberedTokens: 4 } })
  const client = await partyClient(ObjectService, port)
  await client.statObject({ objectId: someId })
  await client.statObject({ objectId: someId })
  await expect(client.statObject({ objectId: someId })).rejects.toMatchObject({ code: 'resource-exhausted' })
})

test('what `allow` refuses is not called', async () => {
  const { port } = await startParties([objectService({})], { allow: (_caller, method) => method !== statObject })
  const client = await partyClient(ObjectService, port)
  await expect(client.statObject({ objectId: someId })).rejects.toMatchObject({ code: 'permission-denied' })
  await drain(client.readObject({ objectId: someId }))
})

async function drain(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source);
}
